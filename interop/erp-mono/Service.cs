// The connector: 17 operations and the handshake in one service class. Every operation answers with a result;
// what goes wrong inside becomes State Error, never a fault.

using System;
using System.Collections.Generic;
using System.Linq;
using System.ServiceModel;
using SuperOffice.SuperID.Contracts;
using SuperOffice.SuperID.Contracts.V1;

namespace ErpMono
{
    [ServiceBehavior(InstanceContextMode = InstanceContextMode.Single, ConcurrencyMode = ConcurrencyMode.Multiple,
        IncludeExceptionDetailInFaults = false)]
    public class Connector : IErpConnectorWS, IIntegrationServiceConnectorAuth
    {
        private readonly Handshake handshake;
        private readonly string password;
        private readonly Dictionary<string, Company> companies = new Dictionary<string, Company>
        {
            { "NO SME", new Company("Orkdal") },
            { "SE STORE", new Company("Vaxholm") }
        };
        private readonly Dictionary<Guid, Company> connections = new Dictionary<Guid, Company>();

        public Connector(Handshake handshake, string password)
        {
            this.handshake = handshake;
            this.password = password;
        }

        public AuthenticationResponse Authenticate(AuthenticationRequest request)
        {
            return handshake.Authenticate(request);
        }

        public FieldMetadataInfoArrayPluginResponseWS WSGetConfigData()
        {
            return Do<FieldMetadataInfoArrayPluginResponseWS>(
                answer => answer.FieldMetaDataObjects = Catalogue.Configuration);
        }

        public ConnectorResultBaseWS WSTestConfigData(TestConfigDataRequestWS request)
        {
            return Do<ConnectorResultBaseWS>(answer => Open(Given(request).ConnectionInfo));
        }

        public ConnectorResultBaseWS WSSaveConnection(SaveConnectionRequestWS request)
        {
            return Do<ConnectorResultBaseWS>(answer =>
            {
                Guid id = Id(Given(request));
                if (id == Guid.Empty)
                    throw new BusinessException(null, "The connection has no id.", "The all-zero id cannot be saved.");
                Company company = Open(request.ConnectionInfo);
                lock (connections) connections[id] = company;
            });
        }

        public ConnectorResultBaseWS WSTestConnection(RequestBaseWS request)
        {
            return Do<ConnectorResultBaseWS>(answer => Connection(request));
        }

        public ConnectorResultBaseWS WSDeleteConnection(RequestBaseWS request)
        {
            return Do<ConnectorResultBaseWS>(answer =>
            {
                Guid id = Id(Given(request));
                lock (connections) connections.Remove(id);
            });
        }

        public StringArrayPluginResponseWS WSGetSupportedActorTypes(RequestBaseWS request)
        {
            return Do<StringArrayPluginResponseWS>(answer =>
            {
                Connection(request);
                answer.Items = Catalogue.Types.Select(type => type.Name).ToArray();
            });
        }

        public FieldMetadataInfoArrayPluginResponseWS WSGetSupportedActorTypeFields(
            GetSupportedActorTypeFieldsRequestWS request)
        {
            return Do<FieldMetadataInfoArrayPluginResponseWS>(answer =>
            {
                Connection(request);
                answer.FieldMetaDataObjects = Catalogue.Type(request.ActorType).Fields;
            });
        }

        public StringArrayPluginResponseWS WSGetSearchableFields(GetSearchableFieldsRequestWS request)
        {
            return Do<StringArrayPluginResponseWS>(answer =>
            {
                Connection(request);
                answer.Items = Catalogue.Type(request.ActorType).Fields.Select(field => field.FieldKey).ToArray();
            });
        }

        public ActorArrayPluginResponseWS WSGetActors(GetActorsRequestWS request)
        {
            return Do<ActorArrayPluginResponseWS>(answer =>
            {
                Company company = Connection(request);
                var keys = new HashSet<string>((request.ErpKeys ?? new string[0]).Where(key => key != null));
                answer.Actors = Found(company, request.ActorType, request.FieldKeys, actor => keys.Contains(actor.ErpKey));
            });
        }

        public ActorArrayPluginResponseWS WSGetActorsByTimestamp(GetActorsByTimestampRequestWS request)
        {
            return Do<ActorArrayPluginResponseWS>(answer =>
            {
                Company company = Connection(request);
                string since = (request.UpdatedOnOrAfter ?? "").Trim();
                if (!since.All(c => c >= '0' && c <= '9'))
                    throw new BusinessException(null, "The time of the last change is not known.",
                        "UpdatedOnOrAfter is not a value of this connector.");
                long lowest;
                if (since == "") lowest = 0;
                else if (!long.TryParse(since, out lowest)) lowest = long.MaxValue;
                answer.Actors = Found(company, request.ActorType, request.FieldKeys, actor => actor.Changed >= lowest);
            });
        }

        public ActorArrayPluginResponseWS WSSearchActors(SearchActorsRequestWS request)
        {
            return Do<ActorArrayPluginResponseWS>(answer =>
            {
                Company company = Connection(request);
                answer.Actors = Found(company, request.ActorType, request.FieldKeys, Words(request.ActorType, request.SearchText));
            });
        }

        public ActorArrayPluginResponseWS WSSearchActorByParent(SearchActorByParentRequestWS request)
        {
            return Do<ActorArrayPluginResponseWS>(answer =>
            {
                Company company = Connection(request);
                Func<Actor, bool> words = Words(request.ActorType, request.SearchText);
                answer.Actors = Found(company, request.ActorType, request.FieldKeys, actor => actor.ParentErpKey != null
                    && actor.ParentErpKey == request.ParentActorErpKey
                    && actor.ParentActorType == request.ParentActorType && words(actor));
            });
        }

        public ActorArrayPluginResponseWS WSSearchActorsAdvanced(SearchActorsAdvancedRequestWS request)
        {
            return Do<ActorArrayPluginResponseWS>(answer =>
            {
                Company company = Connection(request);
                ActorTypeInfo type = Catalogue.Type(request.ActorType);
                var tests = (request.Restrictions ?? new SearchRestrictionInfoWS[0])
                    .Select(restriction => Search.Compile(type, restriction)).ToList();
                answer.Actors = Found(company, type.Name, request.FieldKeys, actor => tests.All(test => test(actor)));
            });
        }

        public ActorPluginResponseWS WSCreateActor(CreateActorRequestWS request)
        {
            return Do<ActorPluginResponseWS>(answer =>
            {
                Actor actor = Connection(request).Create(request.Actor);
                answer.Actor = Carrier(actor, Sent(request.Actor));
            });
        }

        public ActorArrayPluginResponseWS WSSaveActors(SaveActorsRequestWS request)
        {
            return Do<ActorArrayPluginResponseWS>(answer =>
            {
                Company company = Connection(request);
                var saved = new List<ErpActorWS>();
                var problems = new List<BusinessException>();
                foreach (ErpActorWS given in request.Actors ?? new ErpActorWS[0])
                {
                    try { saved.Add(Carrier(company.Save(given), Sent(given))); }
                    catch (BusinessException problem) { problems.Add(problem); }
                }
                if (problems.Count > 0 && saved.Count == 0) throw problems[0];
                answer.Actors = saved.ToArray();
                if (problems.Count == 0) return;
                answer.State = ResponseStateWS.Warning;
                answer.ErrorCode = problems[0].Code;
                answer.UserExplanation = string.Join("\n", problems.Select(one => one.User).Distinct());
                answer.TechExplanation = string.Join("\n", problems.Select(one => one.Message).Distinct());
            });
        }

        public ListItemArrayPluginResponseWS WSGetList(GetListRequestWS request)
        {
            return Do<ListItemArrayPluginResponseWS>(answer =>
            {
                ListConnection(request, Given(request).ListName);
                answer.ListItems = Catalogue.List(request.ListName);
            });
        }

        public ListItemArrayPluginResponseWS WSGetListItems(GetListItemsRequestWS request)
        {
            return Do<ListItemArrayPluginResponseWS>(answer =>
            {
                ListConnection(request, Given(request).ListName);
                var wanted = new HashSet<string>((request.ListItemKeys ?? new string[0]).Where(key => key != null));
                answer.ListItems = Catalogue.List(request.ListName)
                    .Where(item => wanted.Contains(item.Key)).ToDictionary(item => item.Key, item => item.Value);
            });
        }

        private static T Do<T>(Action<T> work) where T : ConnectorResultBaseWS, new()
        {
            var answer = new T();
            try
            {
                work(answer);
                return answer;
            }
            catch (BusinessException problem)
            {
                return new T
                {
                    IsOk = false, State = ResponseStateWS.Error, ErrorCode = problem.Code,
                    UserExplanation = problem.User, TechExplanation = problem.Message
                };
            }
            catch (Exception problem)
            {
                Console.Error.WriteLine(problem);
                return new T
                {
                    IsOk = false, State = ResponseStateWS.Error,
                    UserExplanation = "The ERP system could not do this.",
                    TechExplanation = "Internal error: " + problem.GetType().Name + "."
                };
            }
        }

        private static T Given<T>(T request) where T : class
        {
            if (request == null)
                throw new BusinessException(null, "The request is empty.", "The element request is missing or nil.");
            return request;
        }

        private static Guid Id(RequestBaseWS request)
        {
            Guid id;
            if (!Guid.TryParse(request.ConnectionGuid, out id))
                throw new BusinessException(null, "The connection has no valid id.", "ConnectionGuid is not a GUID.");
            return id;
        }

        private Company Connection(RequestBaseWS request)
        {
            Guid id = Id(Given(request));
            Company company;
            lock (connections)
                if (connections.TryGetValue(id, out company)) return company;
            throw new BusinessException(Names.UnknownConnection, "The connection is not known.",
                "No configuration is stored for this connection id.");
        }

        private void ListConnection(RequestBaseWS request, string list)
        {
            // While the first connection is being set up there is no id yet; only its own lists are open then.
            if (Id(request) == Guid.Empty && Catalogue.Configuration.Any(field => field.ListName != "" && field.ListName == list))
                return;
            Connection(request);
        }

        private Company Open(Dictionary<string, string> values)
        {
            values = values ?? new Dictionary<string, string>();
            foreach (FieldMetadataInfoWS field in Catalogue.Configuration)
            {
                string value;
                values.TryGetValue(field.FieldKey, out value);
                bool empty = string.IsNullOrWhiteSpace(value);
                if (empty && field.Access == FieldAccessInfoWS.Mandatory)
                    throw new BusinessException(null, "Fill in all fields marked as mandatory.",
                        "Mandatory configuration field " + field.FieldKey + " is missing.");
                if (!empty && field.FieldType == FieldMetadataTypeInfoWS.List && !Catalogue.List(field.ListName).ContainsKey(value))
                    throw new BusinessException(Names.UnknownListItem, "The chosen list item does not exist.",
                        "The value of " + field.FieldKey + " is not a key of the list " + field.ListName + ".");
            }
            Company company;
            if (!companies.TryGetValue(values["ClientId"].Trim(), out company) || values["Password"] != password)
                throw new BusinessException(null, "The ERP system does not know this client and password.",
                    "Sign-in to the ERP company failed.");
            return company;
        }

        private static Func<Actor, bool> Words(string actorType, string text)
        {
            ActorTypeInfo type = Catalogue.Type(actorType);
            string[] words = (text ?? "").Split(new[] { ' ', '\t', '\r', '\n' }, StringSplitOptions.RemoveEmptyEntries);
            string[] keys = type.Fields.Where(field => field.FieldType == FieldMetadataTypeInfoWS.Text)
                .Select(field => field.FieldKey).ToArray();
            return actor => words.All(word => keys.Any(
                key => actor.Value(key).IndexOf(word, StringComparison.OrdinalIgnoreCase) >= 0));
        }

        private static string[] Sent(ErpActorWS given)
        {
            return given.FieldValues == null ? new string[0] : given.FieldValues.Keys.ToArray();
        }

        private static ErpActorWS[] Found(Company company, string actorType, string[] fieldKeys, Func<Actor, bool> test)
        {
            ActorTypeInfo type = Catalogue.Type(actorType);
            string[] keys = (fieldKeys ?? new string[0]).Where(key => key != null).Distinct().ToArray();
            foreach (string key in keys) type.Field(key);
            return company.Select(type.Name, test).Select(actor => Carrier(actor, keys)).ToArray();
        }

        private static ErpActorWS Carrier(Actor actor, string[] keys)
        {
            return new ErpActorWS
            {
                ActorType = actor.ActorType, ErpKey = actor.ErpKey,
                ParentActorType = actor.ParentActorType, ParentErpKey = actor.ParentErpKey,
                LastModified = actor.Changed.ToString(System.Globalization.CultureInfo.InvariantCulture),
                FieldValues = keys.ToDictionary(key => key, actor.Value)
            };
        }
    }
}
