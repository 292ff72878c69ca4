// A WCF client that plays SuperOffice: all 17 operations and the handshake, one line each.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.ServiceModel;
using SuperOffice.SuperID.Contracts;
using SuperOffice.SuperID.Contracts.V1;

namespace ErpMono
{
    public static class Client
    {
        private const string Usage = @"usage: mono client.exe --url URL [--config KEY=VALUE]... [--token-file FILE] [--ca FILE]
  --url URL           endpoint of the connector, http or https
  --config KEY=VALUE  configuration value of the connection, repeatable
  --token-file FILE   token signed by SuperOffice; without it the handshake has to be refused
  --ca FILE           certificate (PEM or DER) that issued the server's, or is it; else the system decides";

        private static readonly Dictionary<string, string> config = new Dictionary<string, string>();
        private static int called, failed;
        private static IErpConnectorWS erp;
        private static readonly string guid = Guid.NewGuid().ToString();

        // What earlier operations told; later ones build on it.
        private static string[] types = new string[0];
        private static readonly Dictionary<string, FieldMetadataInfoWS[]> fields = new Dictionary<string, FieldMetadataInfoWS[]>();
        private static readonly Dictionary<string, string[]> searchable = new Dictionary<string, string[]>();
        private static readonly List<ErpActorWS> known = new List<ErpActorWS>();
        private static Dictionary<string, string> items = new Dictionary<string, string>();
        private static FieldMetadataInfoWS[] configuration = new FieldMetadataInfoWS[0];
        private static ErpActorWS created;

        public static int Main(string[] arguments)
        {
            string url = null, tokenFile = null, ca = null;
            for (int i = 0; i < arguments.Length; i += 2)
            {
                string value = i + 1 < arguments.Length ? arguments[i + 1] : null;
                int equals = value == null ? -1 : value.IndexOf('=');
                if (arguments[i] == "--url" && value != null) url = value;
                else if (arguments[i] == "--token-file" && value != null) tokenFile = value;
                else if (arguments[i] == "--ca" && value != null) ca = value;
                else if (arguments[i] == "--config" && equals > 0) config[value.Substring(0, equals)] = value.Substring(equals + 1);
                else return Help("unknown or incomplete option: " + arguments[i]);
            }
            if (url == null) return Help("missing option: --url");
            if (ca != null) Trust(new X509Certificate2(ca));

            ServicePointManager.MaxServicePointIdleTime = 500;
            var binding = new BasicHttpBinding(url.StartsWith("https:", StringComparison.OrdinalIgnoreCase)
                ? BasicHttpSecurityMode.Transport : BasicHttpSecurityMode.None)
            {
                MaxReceivedMessageSize = 163840000, MaxBufferSize = 163840000,
                SendTimeout = TimeSpan.FromSeconds(60)
            };
            var address = new EndpointAddress(url);
            erp = new ChannelFactory<IErpConnectorWS>(binding, address).CreateChannel();
            var auth = new ChannelFactory<IIntegrationServiceConnectorAuth>(binding, address).CreateChannel();

            Call("Authenticate", () => Authenticate(auth, tokenFile));
            Call("WSGetConfigData", GetConfigData);
            Call("WSTestConfigData", () => Ok(erp.WSTestConfigData(new TestConfigDataRequestWS { ConnectionInfo = config })));
            Call("WSSaveConnection", SaveConnection);
            Call("WSTestConnection", () => Ok(erp.WSTestConnection(new RequestBaseWS { ConnectionGuid = guid })));
            Call("WSGetSupportedActorTypes", GetSupportedActorTypes);
            Call("WSGetSupportedActorTypeFields", GetSupportedActorTypeFields);
            Call("WSGetSearchableFields", GetSearchableFields);
            Call("WSGetActorsByTimestamp", GetActorsByTimestamp);
            Call("WSGetActors", GetActors);
            Call("WSSearchActors", SearchActors);
            Call("WSSearchActorsAdvanced", SearchActorsAdvanced);
            Call("WSSearchActorByParent", SearchActorByParent);
            Call("WSGetList", GetList);
            Call("WSGetListItems", GetListItems);
            Call("WSCreateActor", CreateActor);
            Call("WSSaveActors", SaveActors);
            Call("WSDeleteConnection", DeleteConnection);
            Console.WriteLine("{0} operations called, {1} failed", called, failed);
            // Mono's shutdown otherwise waits now and then for half a minute on connections kept alive.
            Console.Out.Flush();
            Environment.Exit(failed == 0 ? 0 : 1);
            return 0;
        }

        private static int Help(string problem)
        {
            Console.Error.WriteLine(problem);
            Console.Error.WriteLine(Usage);
            return 2;
        }

        private static void Trust(X509Certificate2 ca)
        {
            ServicePointManager.ServerCertificateValidationCallback = (sender, certificate, chain, errors) =>
            {
                if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0) return false;
                if (certificate.GetCertHashString() == ca.GetCertHashString()) return true;
                var own = new X509Chain();
                own.ChainPolicy.ExtraStore.Add(ca);
                own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
                own.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
                bool built = own.Build(new X509Certificate2(certificate));
                return built && own.ChainElements.Cast<X509ChainElement>().Any(one => one.Certificate.Thumbprint == ca.Thumbprint);
            };
        }

        private static void Call(string operation, Func<string> work)
        {
            called++;
            try
            {
                string note = work();
                Console.WriteLine("ok    {0}{1}", operation, string.IsNullOrEmpty(note) ? "" : "  " + note);
            }
            catch (Exception problem)
            {
                failed++;
                Console.WriteLine("FAIL  {0}  {1}: {2}", operation, problem.GetType().Name, problem.Message.Replace("\n", " "));
            }
        }

        private static void Check(bool condition, string what)
        {
            if (!condition) throw new InvalidDataException(what);
        }

        private static string Ok(ConnectorResultBaseWS answer)
        {
            Check(answer != null, "no result element");
            Check(answer.State != ResponseStateWS.Error, "State Error, " + answer.ErrorCode + ", "
                + answer.UserExplanation + ", " + answer.TechExplanation);
            // IsOk is not certain to travel; it is told, not judged.
            return answer.State + (answer.IsOk ? "" : ", IsOk false");
        }

        private static string Authenticate(IIntegrationServiceConnectorAuth auth, string tokenFile)
        {
            string token = tokenFile == null ? "not.a.token" : File.ReadAllText(tokenFile).Trim();
            AuthenticationResponse answer = auth.Authenticate(new AuthenticationRequest { SignedToken = token });
            Check(answer != null, "no result element");
            if (tokenFile == null)
            {
                Check(!answer.Succeeded, "a token that is none was accepted");
                Check(!string.IsNullOrEmpty(answer.Reason), "Reason is missing");
                return "refused as it should be";
            }
            Check(answer.Succeeded, "refused: " + answer.Reason);
            Check(!string.IsNullOrEmpty(answer.SignedApplicationToken), "SignedApplicationToken is missing");
            Check(string.IsNullOrEmpty(answer.Reason), "Reason in an accepted handshake");
            Check(answer.SignedApplicationToken.Split('.').Length == 3, "SignedApplicationToken does not have three parts");
            return "accepted";
        }

        private static void CheckFields(FieldMetadataInfoWS[] list)
        {
            Check(list != null, "FieldMetaDataObjects is nil");
            foreach (FieldMetadataInfoWS field in list)
            {
                Check(field != null && !string.IsNullOrEmpty(field.FieldKey), "a field without FieldKey");
                Check(!string.IsNullOrEmpty(field.DisplayName), field.FieldKey + " without DisplayName");
                Check(field.FieldType != FieldMetadataTypeInfoWS.List || !string.IsNullOrEmpty(field.ListName),
                    field.FieldKey + " without ListName");
            }
            Check(list.Select(field => field.FieldKey).Distinct().Count() == list.Length, "FieldKey twice");
        }

        private static string GetConfigData()
        {
            FieldMetadataInfoArrayPluginResponseWS answer = erp.WSGetConfigData();
            Ok(answer);
            CheckFields(answer.FieldMetaDataObjects);
            configuration = answer.FieldMetaDataObjects;
            return configuration.Length + " fields";
        }

        private static string SaveConnection()
        {
            ConnectorResultBaseWS before = erp.WSTestConnection(new RequestBaseWS { ConnectionGuid = guid });
            Check(before.State == ResponseStateWS.Error && before.ErrorCode == Names.UnknownConnection,
                "an unknown connection was answered with " + before.State + " " + before.ErrorCode);
            return Ok(erp.WSSaveConnection(new SaveConnectionRequestWS { ConnectionGuid = guid, ConnectionInfo = config }));
        }

        private static string GetSupportedActorTypes()
        {
            StringArrayPluginResponseWS answer = erp.WSGetSupportedActorTypes(new RequestBaseWS { ConnectionGuid = guid });
            Ok(answer);
            Check(answer.Items != null && answer.Items.Length > 0, "no actor types");
            types = answer.Items;
            return string.Join(" ", types);
        }

        private static string GetSupportedActorTypeFields()
        {
            Check(types.Length > 0, "no actor types to ask for");
            foreach (string type in types)
            {
                var answer = erp.WSGetSupportedActorTypeFields(
                    new GetSupportedActorTypeFieldsRequestWS { ConnectionGuid = guid, ActorType = type });
                Ok(answer);
                CheckFields(answer.FieldMetaDataObjects);
                Check(answer.FieldMetaDataObjects.Length > 0, type + " without fields");
                fields[type] = answer.FieldMetaDataObjects;
            }
            return fields.Values.Sum(list => list.Length) + " fields";
        }

        private static string GetSearchableFields()
        {
            Check(fields.Count > 0, "no actor types to ask for");
            foreach (string type in fields.Keys)
            {
                var answer = erp.WSGetSearchableFields(new GetSearchableFieldsRequestWS { ConnectionGuid = guid, ActorType = type });
                Ok(answer);
                searchable[type] = answer.Items ?? new string[0];
                Check(searchable[type].All(key => fields[type].Any(field => field.FieldKey == key)),
                    "a searchable field that " + type + " does not have");
            }
            return searchable.Values.Sum(list => list.Length) + " fields";
        }

        private static string[] Keys(string type)
        {
            return fields[type].Select(field => field.FieldKey).ToArray();
        }

        private static void CheckActors(string type, ErpActorWS[] actors)
        {
            foreach (ErpActorWS actor in actors)
            {
                Check(actor != null && actor.ActorType == type, "an actor that is no " + type);
                Check(!string.IsNullOrEmpty(actor.ErpKey), "an actor without ErpKey");
                Check(!string.IsNullOrEmpty(actor.LastModified), actor.ErpKey + " without LastModified");
                Check(actor.FieldValues != null, actor.ErpKey + " without FieldValues");
                Check(actor.FieldValues.Keys.All(Keys(type).Contains), actor.ErpKey + " with a field not asked for");
                Check(string.IsNullOrEmpty(actor.ParentErpKey) == string.IsNullOrEmpty(actor.ParentActorType),
                    actor.ErpKey + " with half a parent");
            }
        }

        private static string GetActorsByTimestamp()
        {
            Check(fields.Count > 0, "no actor types to ask for");
            foreach (string type in fields.Keys)
            {
                var answer = erp.WSGetActorsByTimestamp(new GetActorsByTimestampRequestWS
                {
                    ConnectionGuid = guid, ActorType = type, FieldKeys = Keys(type)
                });
                Ok(answer);
                ErpActorWS[] actors = answer.Actors ?? new ErpActorWS[0];
                CheckActors(type, actors);
                known.AddRange(actors);
            }
            Check(known.Count > 0, "no actors at all");
            return known.Count + " actors";
        }

        private static ErpActorWS Known()
        {
            Check(known.Count > 0, "no actor is known");
            return known[0];
        }

        private static string GetActors()
        {
            ErpActorWS actor = Known();
            var answer = erp.WSGetActors(new GetActorsRequestWS
            {
                ConnectionGuid = guid, ActorType = actor.ActorType, FieldKeys = Keys(actor.ActorType),
                ErpKeys = new[] { actor.ErpKey, "no-such-key-" + guid }
            });
            Ok(answer);
            Check(answer.Actors != null && answer.Actors.Length == 1, "not exactly the actor asked for");
            CheckActors(actor.ActorType, answer.Actors);
            Check(answer.Actors[0].LastModified == actor.LastModified, "LastModified differs from the first reading");
            foreach (var pair in actor.FieldValues)
                Check(answer.Actors[0].FieldValues.ContainsKey(pair.Key) && answer.Actors[0].FieldValues[pair.Key] == pair.Value,
                    pair.Key + " differs from the first reading");
            return actor.ActorType + " " + actor.ErpKey;
        }

        private static string Found(ActorArrayPluginResponseWS answer, ErpActorWS wanted)
        {
            Ok(answer);
            Check(answer.Actors != null, "Actors is nil");
            CheckActors(wanted.ActorType, answer.Actors);
            Check(answer.Actors.Any(actor => actor.ErpKey == wanted.ErpKey), wanted.ErpKey + " was not found");
            return answer.Actors.Length + " actors";
        }

        private static string SearchActors()
        {
            ErpActorWS actor = Known();
            return Found(erp.WSSearchActors(new SearchActorsRequestWS
            {
                ConnectionGuid = guid, ActorType = actor.ActorType, FieldKeys = Keys(actor.ActorType), SearchText = ""
            }), actor);
        }

        private static string SearchActorsAdvanced()
        {
            foreach (ErpActorWS actor in known)
                foreach (string key in searchable[actor.ActorType])
                {
                    FieldMetadataInfoWS field = fields[actor.ActorType].First(one => one.FieldKey == key);
                    string value;
                    actor.FieldValues.TryGetValue(key, out value);
                    if (field.FieldType != FieldMetadataTypeInfoWS.Text || string.IsNullOrEmpty(value)) continue;
                    return Found(erp.WSSearchActorsAdvanced(new SearchActorsAdvancedRequestWS
                    {
                        ConnectionGuid = guid, ActorType = actor.ActorType, FieldKeys = Keys(actor.ActorType),
                        Restrictions = new[] { new SearchRestrictionInfoWS { FieldKey = key, Operator = "=", Values = new[] { value } } }
                    }), actor);
                }
            // No searchable text: an error result and an empty answer are both allowed, a fault is not.
            var answer = erp.WSSearchActorsAdvanced(new SearchActorsAdvancedRequestWS { ConnectionGuid = guid, ActorType = Known().ActorType });
            Check(answer != null, "no result element");
            return "no searchable text field";
        }

        private static string SearchActorByParent()
        {
            ErpActorWS child = known.FirstOrDefault(actor => !string.IsNullOrEmpty(actor.ParentErpKey));
            ErpActorWS any = child ?? Known();
            var answer = erp.WSSearchActorByParent(new SearchActorByParentRequestWS
            {
                ConnectionGuid = guid, ActorType = any.ActorType, FieldKeys = Keys(any.ActorType), SearchText = "",
                ParentActorErpKey = child == null ? "no-such-key" : child.ParentErpKey,
                ParentActorType = child == null ? any.ActorType : child.ParentActorType
            });
            Ok(answer);
            if (child == null) return "no children known";
            Check((answer.Actors ?? new ErpActorWS[0]).All(actor => actor.ParentErpKey == child.ParentErpKey), "child of another parent");
            return Found(answer, child);
        }

        private static string ListName()
        {
            FieldMetadataInfoWS field = fields.Values.SelectMany(list => list).Concat(configuration)
                .FirstOrDefault(one => one.FieldType == FieldMetadataTypeInfoWS.List);
            return field == null ? null : field.ListName;
        }

        private static string GetList()
        {
            string name = ListName();
            var answer = erp.WSGetList(new GetListRequestWS { ConnectionGuid = guid, ListName = name ?? "no list" });
            Check(answer != null, "no result element");
            if (name == null) return "no list field";
            Ok(answer);
            Check(answer.ListItems != null, "ListItems is nil");
            items = answer.ListItems;
            Check(items.Keys.All(key => key != ""), "an empty item key");
            return name + ", " + items.Count + " items";
        }

        private static string GetListItems()
        {
            string name = ListName();
            var answer = erp.WSGetListItems(new GetListItemsRequestWS
            {
                ConnectionGuid = guid, ListName = name ?? "no list", ListItemKeys = items.Keys.Take(1).ToArray()
            });
            Check(answer != null, "no result element");
            if (name == null) return "no list field";
            Ok(answer);
            foreach (string key in items.Keys.Take(1))
                Check(answer.ListItems != null && answer.ListItems.Count == 1 && answer.ListItems.ContainsKey(key)
                    && answer.ListItems[key] == items[key], "not exactly the item asked for");
            return Ok(answer);
        }

        private static string Sample(FieldMetadataInfoWS field)
        {
            switch (field.FieldType)
            {
                case FieldMetadataTypeInfoWS.Checkbox: return "[I:0]";
                case FieldMetadataTypeInfoWS.Integer: return "[I:5]";
                case FieldMetadataTypeInfoWS.Double: return "[F:1.5]";
                case FieldMetadataTypeInfoWS.Datetime: return "[DT:12/31/2013 23:59:59.0000000]";
                case FieldMetadataTypeInfoWS.List:
                    return erp.WSGetList(new GetListRequestWS { ConnectionGuid = guid, ListName = field.ListName }).ListItems.Keys.First();
                default:
                    string text = "WCF " + guid;
                    return field.MaxLength > 0 && text.Length > field.MaxLength ? text.Substring(0, field.MaxLength) : text;
            }
        }

        private static string CreateActor()
        {
            string type = types.Contains("Customer") ? "Customer" : types.FirstOrDefault(one => one != "Person");
            Check(type != null && fields.ContainsKey(type), "no actor type to create");
            Dictionary<string, string> values = fields[type]
                .Where(field => field.Access == FieldAccessInfoWS.Mandatory).ToDictionary(field => field.FieldKey, Sample);
            var answer = erp.WSCreateActor(new CreateActorRequestWS
            {
                ConnectionGuid = guid,
                Actor = new ErpActorWS { ActorType = type, ErpKey = "", LastModified = "", FieldValues = values }
            });
            Ok(answer);
            Check(answer.Actor != null, "Actor is nil");
            CheckActors(type, new[] { answer.Actor });
            foreach (var pair in values)
                Check(answer.Actor.FieldValues.ContainsKey(pair.Key) && answer.Actor.FieldValues[pair.Key] == pair.Value,
                    pair.Key + " was not returned as sent");
            created = answer.Actor;
            return type + " " + created.ErpKey;
        }

        private static string SaveActors()
        {
            Check(created != null, "nothing was created");
            FieldMetadataInfoWS field = fields[created.ActorType].FirstOrDefault(
                one => one.FieldType == FieldMetadataTypeInfoWS.Text && one.Access != FieldAccessInfoWS.ReadOnly);
            Check(field != null, "no text field to change");
            // Line ends inside are left out: Mono's encoding loses a carriage return.
            string text = field.MaxLength > 0 && field.MaxLength < 20 ? "x" : "Fjord & <Fjell> \"Å\"";
            var answer = erp.WSSaveActors(new SaveActorsRequestWS
            {
                ConnectionGuid = guid,
                Actors = new[]
                {
                    new ErpActorWS
                    {
                        ActorType = created.ActorType, ErpKey = created.ErpKey, LastModified = created.LastModified,
                        FieldValues = new Dictionary<string, string> { { field.FieldKey, text } }
                    }
                }
            });
            string note = Found(answer, created);
            Check(answer.Actors[0].LastModified != created.LastModified, "LastModified did not change");
            var read = erp.WSGetActors(new GetActorsRequestWS
            {
                ConnectionGuid = guid, ActorType = created.ActorType,
                ErpKeys = new[] { created.ErpKey }, FieldKeys = new[] { field.FieldKey }
            });
            Check(read.Actors != null && read.Actors.Length == 1 && read.Actors[0].FieldValues[field.FieldKey] == text,
                field.FieldKey + " was not saved");
            return note;
        }

        private static string DeleteConnection()
        {
            string note = Ok(erp.WSDeleteConnection(new RequestBaseWS { ConnectionGuid = guid }));
            ConnectorResultBaseWS after = erp.WSTestConnection(new RequestBaseWS { ConnectionGuid = guid });
            return note + (after.ErrorCode == Names.UnknownConnection ? "" : ", but the connection is still known");
        }
    }
}
