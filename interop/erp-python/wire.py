"""The two contracts as spyne models.

Members are declared in wire order: spyne writes the members of the base
class first and then its own in the order of declaration, which is what a
DataContract reader expects when they are sorted by ordinal name.
"""

from spyne import ComplexModel, ServiceBase, rpc
from spyne.model.enum import Enum
from spyne.model.primitive import Boolean, Int, Unicode

ERP_NS = "http://www.superoffice.net/EIS/Connector/1.0"
ARRAYS_NS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
AUTH_NS = "http://tempuri.org/"
AUTH_DATA_NS = "http://schemas.datacontract.org/2004/07/SuperOffice.SuperID.Contracts.V1"

ERP_ACTION = ERP_NS + "/IErpConnectorWS/"
AUTH_ACTION = AUTH_NS + "IIntegrationServiceConnectorAuth/"

State = Enum("Ok", "OkWithInfo", "Warning", "Error", type_name="ResponseStateWS", __namespace__=ERP_NS)
Access = Enum("Normal", "Mandatory", "ReadOnly", type_name="FieldAccessInfoWS", __namespace__=ERP_NS)
FieldType = Enum(
    "Checkbox", "Text", "Password", "Integer", "Double", "List", "Datetime", "Label",
    type_name="FieldMetadataTypeInfoWS", __namespace__=ERP_NS,
)
for enumeration in (State, Access, FieldType):
    enumeration.__namespace__ = ERP_NS


def many(model):
    return model.customize(min_occurs=0, max_occurs="unbounded")


class ArrayOfstring(ComplexModel):
    __namespace__ = ARRAYS_NS
    _type_info = [("string", many(Unicode))]


class KeyValueOfstringstring(ComplexModel):
    __namespace__ = ARRAYS_NS
    _type_info = [("Key", Unicode(min_occurs=1)), ("Value", Unicode(min_occurs=1))]


class ArrayOfKeyValueOfstringstring(ComplexModel):
    __namespace__ = ARRAYS_NS
    _type_info = [("KeyValueOfstringstring", many(KeyValueOfstringstring))]



class ErpActorWS(ComplexModel):
    __namespace__ = ERP_NS
    _type_info = [
        ("ActorType", Unicode), ("ErpKey", Unicode), ("FieldValues", ArrayOfKeyValueOfstringstring),
        ("LastModified", Unicode), ("ParentActorType", Unicode), ("ParentErpKey", Unicode),
    ]


class FieldMetadataInfoWS(ComplexModel):
    __namespace__ = ERP_NS
    _type_info = [
        ("Access", Access), ("DefaultValue", Unicode), ("DisplayDescription", Unicode),
        ("DisplayName", Unicode), ("FieldKey", Unicode), ("FieldType", FieldType),
        ("ListName", Unicode), ("MaxLength", Int), ("Rank", Int),
    ]


class SearchRestrictionInfoWS(ComplexModel):
    __namespace__ = ERP_NS
    _type_info = [("FieldKey", Unicode), ("Operator", Unicode), ("Values", ArrayOfstring)]


class ArrayOfErpActorWS(ComplexModel):
    __namespace__ = ERP_NS
    _type_info = [("ErpActorWS", many(ErpActorWS))]


class ArrayOfFieldMetadataInfoWS(ComplexModel):
    __namespace__ = ERP_NS
    _type_info = [("FieldMetadataInfoWS", many(FieldMetadataInfoWS))]


class ArrayOfSearchRestrictionInfoWS(ComplexModel):
    __namespace__ = ERP_NS
    _type_info = [("SearchRestrictionInfoWS", many(SearchRestrictionInfoWS))]


# Requests

class RequestBaseWS(ComplexModel):
    __namespace__ = ERP_NS
    _type_info = [("ConnectionGuid", Unicode)]


class TestConfigDataRequestWS(ComplexModel):
    __namespace__ = ERP_NS
    _type_info = [("ConnectionInfo", ArrayOfKeyValueOfstringstring)]


class SaveConnectionRequestWS(RequestBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("ConnectionInfo", ArrayOfKeyValueOfstringstring)]


class GetSupportedActorTypeFieldsRequestWS(RequestBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("ActorType", Unicode)]


class GetSearchableFieldsRequestWS(RequestBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("ActorType", Unicode)]


class GetActorsRequestWS(RequestBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("ActorType", Unicode), ("ErpKeys", ArrayOfstring), ("FieldKeys", ArrayOfstring)]


class GetActorsByTimestampRequestWS(RequestBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("ActorType", Unicode), ("FieldKeys", ArrayOfstring), ("UpdatedOnOrAfter", Unicode)]


class SearchActorsRequestWS(RequestBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("ActorType", Unicode), ("FieldKeys", ArrayOfstring), ("SearchText", Unicode)]


class SearchActorsAdvancedRequestWS(RequestBaseWS):
    __namespace__ = ERP_NS
    _type_info = [
        ("ActorType", Unicode), ("FieldKeys", ArrayOfstring), ("Restrictions", ArrayOfSearchRestrictionInfoWS),
    ]


class SearchActorByParentRequestWS(RequestBaseWS):
    __namespace__ = ERP_NS
    _type_info = [
        ("ActorType", Unicode), ("FieldKeys", ArrayOfstring), ("ParentActorErpKey", Unicode),
        ("ParentActorType", Unicode), ("SearchText", Unicode),
    ]


class CreateActorRequestWS(RequestBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("Actor", ErpActorWS)]


class SaveActorsRequestWS(RequestBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("Actors", ArrayOfErpActorWS)]


class GetListRequestWS(RequestBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("ListName", Unicode)]


class GetListItemsRequestWS(RequestBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("ListItemKeys", ArrayOfstring), ("ListName", Unicode)]


# Results

class ConnectorResultBaseWS(ComplexModel):
    __namespace__ = ERP_NS
    _type_info = [
        ("ErrorCode", Unicode), ("IsOk", Boolean), ("State", State),
        ("TechExplanation", Unicode), ("UserExplanation", Unicode),
    ]


class FieldMetadataInfoArrayPluginResponseWS(ConnectorResultBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("FieldMetaDataObjects", ArrayOfFieldMetadataInfoWS)]


class StringArrayPluginResponseWS(ConnectorResultBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("Items", ArrayOfstring)]


class ActorArrayPluginResponseWS(ConnectorResultBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("Actors", ArrayOfErpActorWS)]


class ActorPluginResponseWS(ConnectorResultBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("Actor", ErpActorWS)]


class ListItemArrayPluginResponseWS(ConnectorResultBaseWS):
    __namespace__ = ERP_NS
    _type_info = [("ListItems", ArrayOfKeyValueOfstringstring)]


class AuthenticationRequest(ComplexModel):
    __namespace__ = AUTH_DATA_NS
    _type_info = [("SignedToken", Unicode)]


class AuthenticationResponse(ComplexModel):
    __namespace__ = AUTH_DATA_NS
    _type_info = [("Reason", Unicode), ("SignedApplicationToken", Unicode), ("Succeeded", Boolean)]


OPERATIONS = {
    "WSGetConfigData": (None, FieldMetadataInfoArrayPluginResponseWS),
    "WSTestConfigData": (TestConfigDataRequestWS, ConnectorResultBaseWS),
    "WSSaveConnection": (SaveConnectionRequestWS, ConnectorResultBaseWS),
    "WSTestConnection": (RequestBaseWS, ConnectorResultBaseWS),
    "WSDeleteConnection": (RequestBaseWS, ConnectorResultBaseWS),
    "WSGetSupportedActorTypes": (RequestBaseWS, StringArrayPluginResponseWS),
    "WSGetSupportedActorTypeFields": (
        GetSupportedActorTypeFieldsRequestWS, FieldMetadataInfoArrayPluginResponseWS),
    "WSGetActors": (GetActorsRequestWS, ActorArrayPluginResponseWS),
    "WSGetSearchableFields": (GetSearchableFieldsRequestWS, StringArrayPluginResponseWS),
    "WSSearchActorsAdvanced": (SearchActorsAdvancedRequestWS, ActorArrayPluginResponseWS),
    "WSSearchActors": (SearchActorsRequestWS, ActorArrayPluginResponseWS),
    "WSSearchActorByParent": (SearchActorByParentRequestWS, ActorArrayPluginResponseWS),
    "WSCreateActor": (CreateActorRequestWS, ActorPluginResponseWS),
    "WSSaveActors": (SaveActorsRequestWS, ActorArrayPluginResponseWS),
    "WSGetList": (GetListRequestWS, ListItemArrayPluginResponseWS),
    "WSGetListItems": (GetListItemsRequestWS, ListItemArrayPluginResponseWS),
    "WSGetActorsByTimestamp": (GetActorsByTimestampRequestWS, ActorArrayPluginResponseWS),
}


def _erp_method(name):
    request_model, result_model = OPERATIONS[name]
    if request_model is None:
        def method(ctx):
            return ctx.app.connector.run(name, None)
        parameters = ()
    else:
        def method(ctx, request):
            return ctx.app.connector.run(name, request)
        parameters = (request_model,)
    method.__name__ = name
    return rpc(*parameters, _returns=result_model, _port_type="IErpConnectorWS")(method)


ErpConnectorService = type(ServiceBase)("ErpConnectorService", (ServiceBase,), {
    "__port_types__": ["IErpConnectorWS"],
    **{name: _erp_method(name) for name in OPERATIONS},
})


class ConnectorAuthService(ServiceBase):
    __port_types__ = ["IIntegrationServiceConnectorAuth"]

    @rpc(
        AuthenticationRequest, _returns=AuthenticationResponse,
        _port_type="IIntegrationServiceConnectorAuth",
        _in_message_name="{%s}Authenticate" % AUTH_NS,
        _out_message_name="{%s}AuthenticateResponse" % AUTH_NS,
        _out_variable_name="AuthenticateResult",
    )
    def Authenticate(ctx, request):
        return ctx.app.authenticator.authenticate(request)
