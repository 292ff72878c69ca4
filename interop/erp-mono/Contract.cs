// The two service contracts as a .NET partner would declare them: plain data contracts, nothing about
// order or emission said, so that the serializer's own rules decide what travels.

using System.Collections.Generic;
using System.Runtime.Serialization;
using System.ServiceModel;

namespace ErpMono
{
    public static class Names
    {
        public const string Erp = "http://www.superoffice.net/EIS/Connector/1.0";
        public const string UnknownConnection = "UNKNOWN_CONNECTION_ID";
        // The wire really lacks the second N in the next two.
        public const string UnknownField = "UNKOWN_FIELDKEY";
        public const string UnknownListItem = "UNKOWN_LISTITEM_ID";
    }

    [DataContract(Namespace = Names.Erp)]
    public enum ResponseStateWS
    {
        [EnumMember] Ok = 0,
        [EnumMember] OkWithInfo = 1,
        [EnumMember] Warning = 2,
        [EnumMember] Error = 3
    }

    [DataContract(Namespace = Names.Erp)]
    public enum FieldAccessInfoWS
    {
        [EnumMember] Normal = 0,
        [EnumMember] Mandatory = 1,
        [EnumMember] ReadOnly = 2
    }

    [DataContract(Namespace = Names.Erp)]
    public enum FieldMetadataTypeInfoWS
    {
        [EnumMember] Checkbox = 0,
        [EnumMember] Text = 1,
        [EnumMember] Password = 2,
        [EnumMember] Integer = 3,
        [EnumMember] Double = 4,
        [EnumMember] List = 5,
        [EnumMember] Datetime = 6,
        [EnumMember] Label = 99
    }

    [DataContract(Namespace = Names.Erp)]
    public class ErpActorWS
    {
        [DataMember] public string ActorType { get; set; }
        [DataMember] public string ErpKey { get; set; }
        [DataMember] public string ParentActorType { get; set; }
        [DataMember] public string ParentErpKey { get; set; }
        [DataMember] public string LastModified { get; set; }
        [DataMember] public Dictionary<string, string> FieldValues { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class FieldMetadataInfoWS
    {
        [DataMember] public string FieldKey { get; set; }
        [DataMember] public FieldMetadataTypeInfoWS FieldType { get; set; }
        [DataMember] public FieldAccessInfoWS Access { get; set; }
        [DataMember] public string DisplayName { get; set; }
        [DataMember] public string DisplayDescription { get; set; }
        [DataMember] public string DefaultValue { get; set; }
        [DataMember] public string ListName { get; set; }
        [DataMember] public int MaxLength { get; set; }
        [DataMember] public int Rank { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class SearchRestrictionInfoWS
    {
        [DataMember] public string FieldKey { get; set; }
        [DataMember] public string Operator { get; set; }
        [DataMember] public string[] Values { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class RequestBaseWS
    {
        [DataMember] public string ConnectionGuid { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class TestConfigDataRequestWS
    {
        [DataMember] public Dictionary<string, string> ConnectionInfo { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class SaveConnectionRequestWS : RequestBaseWS
    {
        [DataMember] public Dictionary<string, string> ConnectionInfo { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class GetSupportedActorTypeFieldsRequestWS : RequestBaseWS
    {
        [DataMember] public string ActorType { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class GetSearchableFieldsRequestWS : RequestBaseWS
    {
        [DataMember] public string ActorType { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class GetActorsRequestWS : RequestBaseWS
    {
        [DataMember] public string ActorType { get; set; }
        [DataMember] public string[] ErpKeys { get; set; }
        [DataMember] public string[] FieldKeys { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class GetActorsByTimestampRequestWS : RequestBaseWS
    {
        [DataMember] public string UpdatedOnOrAfter { get; set; }
        [DataMember] public string ActorType { get; set; }
        [DataMember] public string[] FieldKeys { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class SearchActorsRequestWS : RequestBaseWS
    {
        [DataMember] public string ActorType { get; set; }
        [DataMember] public string SearchText { get; set; }
        [DataMember] public string[] FieldKeys { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class SearchActorsAdvancedRequestWS : RequestBaseWS
    {
        [DataMember] public string ActorType { get; set; }
        [DataMember] public SearchRestrictionInfoWS[] Restrictions { get; set; }
        [DataMember] public string[] FieldKeys { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class SearchActorByParentRequestWS : RequestBaseWS
    {
        [DataMember] public string ActorType { get; set; }
        [DataMember] public string SearchText { get; set; }
        [DataMember] public string ParentActorType { get; set; }
        [DataMember] public string ParentActorErpKey { get; set; }
        [DataMember] public string[] FieldKeys { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class CreateActorRequestWS : RequestBaseWS
    {
        [DataMember] public ErpActorWS Actor { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class SaveActorsRequestWS : RequestBaseWS
    {
        [DataMember] public ErpActorWS[] Actors { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class GetListRequestWS : RequestBaseWS
    {
        [DataMember] public string ListName { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class GetListItemsRequestWS : RequestBaseWS
    {
        [DataMember] public string ListName { get; set; }
        [DataMember] public string[] ListItemKeys { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class ConnectorResultBaseWS
    {
        public ConnectorResultBaseWS()
        {
            IsOk = true;
            State = ResponseStateWS.Ok;
        }

        [DataMember] public bool IsOk { get; set; }
        [DataMember] public ResponseStateWS State { get; set; }
        [DataMember] public string UserExplanation { get; set; }
        [DataMember] public string TechExplanation { get; set; }
        [DataMember] public string ErrorCode { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class FieldMetadataInfoArrayPluginResponseWS : ConnectorResultBaseWS
    {
        [DataMember] public FieldMetadataInfoWS[] FieldMetaDataObjects { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class StringArrayPluginResponseWS : ConnectorResultBaseWS
    {
        [DataMember] public string[] Items { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class ActorArrayPluginResponseWS : ConnectorResultBaseWS
    {
        [DataMember] public ErpActorWS[] Actors { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class ActorPluginResponseWS : ConnectorResultBaseWS
    {
        [DataMember] public ErpActorWS Actor { get; set; }
    }

    [DataContract(Namespace = Names.Erp)]
    public class ListItemArrayPluginResponseWS : ConnectorResultBaseWS
    {
        [DataMember] public Dictionary<string, string> ListItems { get; set; }
    }

    [ServiceContract(Namespace = Names.Erp)]
    public interface IErpConnectorWS
    {
        [OperationContract]
        FieldMetadataInfoArrayPluginResponseWS WSGetConfigData();

        [OperationContract]
        ConnectorResultBaseWS WSTestConfigData(TestConfigDataRequestWS request);

        [OperationContract]
        ConnectorResultBaseWS WSSaveConnection(SaveConnectionRequestWS request);

        [OperationContract]
        ConnectorResultBaseWS WSTestConnection(RequestBaseWS request);

        [OperationContract]
        ConnectorResultBaseWS WSDeleteConnection(RequestBaseWS request);

        [OperationContract]
        StringArrayPluginResponseWS WSGetSupportedActorTypes(RequestBaseWS request);

        [OperationContract]
        FieldMetadataInfoArrayPluginResponseWS WSGetSupportedActorTypeFields(
            GetSupportedActorTypeFieldsRequestWS request);

        [OperationContract]
        ActorArrayPluginResponseWS WSGetActors(GetActorsRequestWS request);

        [OperationContract]
        StringArrayPluginResponseWS WSGetSearchableFields(GetSearchableFieldsRequestWS request);

        [OperationContract]
        ActorArrayPluginResponseWS WSSearchActorsAdvanced(SearchActorsAdvancedRequestWS request);

        [OperationContract]
        ActorArrayPluginResponseWS WSSearchActors(SearchActorsRequestWS request);

        [OperationContract]
        ActorArrayPluginResponseWS WSSearchActorByParent(SearchActorByParentRequestWS request);

        [OperationContract]
        ActorPluginResponseWS WSCreateActor(CreateActorRequestWS request);

        [OperationContract]
        ActorArrayPluginResponseWS WSSaveActors(SaveActorsRequestWS request);

        [OperationContract]
        ListItemArrayPluginResponseWS WSGetList(GetListRequestWS request);

        [OperationContract]
        ListItemArrayPluginResponseWS WSGetListItems(GetListItemsRequestWS request);

        [OperationContract]
        ActorArrayPluginResponseWS WSGetActorsByTimestamp(GetActorsByTimestampRequestWS request);
    }
}

// No namespace is said here on purpose: the CLR namespace becomes the data namespace, and the service gets
// http://tempuri.org/, the pure WCF defaults.
namespace SuperOffice.SuperID.Contracts.V1
{
    [DataContract]
    public class AuthenticationRequest
    {
        [DataMember] public string SignedToken { get; set; }
    }

    [DataContract]
    public class AuthenticationResponse
    {
        [DataMember] public bool Succeeded { get; set; }
        [DataMember] public string Reason { get; set; }
        [DataMember] public string SignedApplicationToken { get; set; }
    }
}

namespace SuperOffice.SuperID.Contracts
{
    using SuperOffice.SuperID.Contracts.V1;

    [ServiceContract]
    public interface IIntegrationServiceConnectorAuth
    {
        [OperationContract]
        AuthenticationResponse Authenticate(AuthenticationRequest request);
    }
}
