// The ERP behind the connector: two companies in memory, three actor types, one counter for all changes.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace ErpMono
{
    public class Actor
    {
        public string ActorType, ErpKey, ParentActorType, ParentErpKey;
        public long Changed;
        public Dictionary<string, string> Fields = new Dictionary<string, string>();

        public string Value(string key)
        {
            string value;
            return Fields.TryGetValue(key, out value) ? value : "";
        }

        public Actor Copy()
        {
            var copy = (Actor)MemberwiseClone();
            copy.Fields = new Dictionary<string, string>(Fields);
            return copy;
        }
    }

    public class ActorTypeInfo
    {
        public string Name, KeyPrefix;
        public bool NeedsParent;
        public FieldMetadataInfoWS[] Fields;

        public FieldMetadataInfoWS Field(string key)
        {
            FieldMetadataInfoWS field = Fields.FirstOrDefault(one => one.FieldKey == key);
            if (field == null)
                throw new BusinessException(Names.UnknownField, "US:\"Unknown field.\";NO:\"Ukjent felt.\"",
                    "The field key is not defined for " + Name + ".");
            return field;
        }
    }

    public static class Catalogue
    {
        public static readonly Dictionary<string, Dictionary<string, string>> Lists =
            new Dictionary<string, Dictionary<string, string>>
            {
                { "CountryList", new Dictionary<string, string> { { "NO", "Norway" }, { "SE", "Sweden" }, { "DK", "Denmark" } } },
                { "CustomerGroup", new Dictionary<string, string> { { "G4", "Health care" }, { "G5", "Retail" }, { "G6", "Fishing" } } },
                { "ProjectState", new Dictionary<string, string> { { "open", "Open" }, { "done", "Completed" } } }
            };

        public static readonly FieldMetadataInfoWS[] Configuration = Ranked(
            Field("ClientId", "US:\"ERP client\";NO:\"ERP-klient\"", FieldMetadataTypeInfoWS.Text, FieldAccessInfoWS.Mandatory, 50),
            Field("Password", "Password", FieldMetadataTypeInfoWS.Password, FieldAccessInfoWS.Mandatory, 100),
            Field("Country", "Country", FieldMetadataTypeInfoWS.List, FieldAccessInfoWS.Normal, 0, "CountryList", "NO"));

        public static readonly ActorTypeInfo[] Types =
        {
            new ActorTypeInfo
            {
                Name = "Customer", KeyPrefix = "erp",
                Fields = Ranked(
                    Field("NUMBER1", "Customer number", FieldMetadataTypeInfoWS.Integer, FieldAccessInfoWS.ReadOnly, 0),
                    Field("NAME", "Name", FieldMetadataTypeInfoWS.Text, FieldAccessInfoWS.Mandatory, 200),
                    Field("CUSTGR", "Customer group", FieldMetadataTypeInfoWS.List, FieldAccessInfoWS.Normal, 0, "CustomerGroup", "G5"),
                    Field("EMAIL", "E-mail", FieldMetadataTypeInfoWS.Text, FieldAccessInfoWS.Normal, 254),
                    Field("POSTALCITY", "City", FieldMetadataTypeInfoWS.Text, FieldAccessInfoWS.Normal, 80),
                    Field("CREDITLIMIT", "Credit limit", FieldMetadataTypeInfoWS.Double, FieldAccessInfoWS.Normal, 0),
                    Field("ONHOLD", "On hold", FieldMetadataTypeInfoWS.Checkbox, FieldAccessInfoWS.Normal, 0),
                    Field("SINCE", "Customer since", FieldMetadataTypeInfoWS.Datetime, FieldAccessInfoWS.Normal, 0))
            },
            new ActorTypeInfo
            {
                Name = "Person", KeyPrefix = "p", NeedsParent = true,
                Fields = Ranked(
                    Field("FIRSTNAME", "First name", FieldMetadataTypeInfoWS.Text, FieldAccessInfoWS.Normal, 80),
                    Field("LASTNAME", "Last name", FieldMetadataTypeInfoWS.Text, FieldAccessInfoWS.Mandatory, 80),
                    Field("EMAIL", "E-mail", FieldMetadataTypeInfoWS.Text, FieldAccessInfoWS.Normal, 254),
                    Field("BIRTHDATE", "Date of birth", FieldMetadataTypeInfoWS.Datetime, FieldAccessInfoWS.Normal, 0))
            },
            new ActorTypeInfo
            {
                Name = "Project", KeyPrefix = "prj",
                Fields = Ranked(
                    Field("NAME", "Name", FieldMetadataTypeInfoWS.Text, FieldAccessInfoWS.Mandatory, 120),
                    Field("TEXT", "Description", FieldMetadataTypeInfoWS.Text, FieldAccessInfoWS.Normal, 2000),
                    Field("NUMBER", "Number", FieldMetadataTypeInfoWS.Integer, FieldAccessInfoWS.Normal, 0),
                    Field("STATE", "State", FieldMetadataTypeInfoWS.List, FieldAccessInfoWS.Normal, 0, "ProjectState", "open"),
                    Field("ENDDATE", "End", FieldMetadataTypeInfoWS.Datetime, FieldAccessInfoWS.Normal, 0))
            }
        };

        public static ActorTypeInfo Type(string name)
        {
            ActorTypeInfo type = Types.FirstOrDefault(one => one.Name == name);
            if (type == null)
                throw new BusinessException(null, "This kind of actor does not exist in the ERP system.",
                    "The actor type is not supported.");
            return type;
        }

        public static Dictionary<string, string> List(string name)
        {
            Dictionary<string, string> items;
            if (!Lists.TryGetValue(name ?? "", out items))
                throw new BusinessException(null, "The list does not exist.", "The list name is not known.");
            return items;
        }

        private static FieldMetadataInfoWS[] Ranked(params FieldMetadataInfoWS[] fields)
        {
            for (int i = 0; i < fields.Length; i++) fields[i].Rank = i + 1;
            return fields;
        }

        private static FieldMetadataInfoWS Field(string key, string label, FieldMetadataTypeInfoWS type,
            FieldAccessInfoWS access, int longest, string list = "", string normal = "")
        {
            return new FieldMetadataInfoWS
            {
                FieldKey = key, DisplayName = label, DisplayDescription = "", FieldType = type, Access = access,
                MaxLength = longest, ListName = list, DefaultValue = normal
            };
        }
    }

    public class Company
    {
        // Shared by all companies: LastModified has to be comparable between any two actors.
        private static long changes = 103423500;
        private readonly List<Actor> actors = new List<Actor>();
        private readonly object gate = new object();
        private int lastKey = 830;

        public Company(string mark)
        {
            var first = Seed("Customer", null, "NAME", mark + " Senter AS", "CUSTGR", "G4", "EMAIL", "post@senter.example",
                "POSTALCITY", "Orkanger", "CREDITLIMIT", "[F:12500.5]", "ONHOLD", "[I:0]", "SINCE", "[DT:03/17/2009 08:30:00.0000000]");
            var second = Seed("Customer", null, "NAME", mark + " Fisk & Sønner", "CUSTGR", "G6", "EMAIL", "kontor@fisk.example",
                "POSTALCITY", "Ålesund", "CREDITLIMIT", "[F:990.25]", "ONHOLD", "[I:1]", "SINCE", "[DT:11/02/2015 00:00:00.0000000]");
            Seed("Customer", null, "NAME", mark + " Bokhandel", "CUSTGR", "G5", "POSTALCITY", "Oslo",
                "CREDITLIMIT", "[F:0.0]", "ONHOLD", "[I:0]");
            Seed("Person", first, "FIRSTNAME", "Kari", "LASTNAME", "Nordmann", "EMAIL", "kari@senter.example",
                "BIRTHDATE", "[DT:05/17/1980 00:00:00.0000000]");
            Seed("Person", first, "FIRSTNAME", "Åse", "LASTNAME", mark + "sen", "EMAIL", "");
            Seed("Person", second, "FIRSTNAME", "Ola", "LASTNAME", "Hansen", "BIRTHDATE", "[DT:12/31/1975 00:00:00.0000000]");
            Seed("Project", null, "NAME", mark + " new warehouse", "TEXT", "Plan, build\nand move", "NUMBER", "[I:71]",
                "STATE", "open", "ENDDATE", "[DT:12/31/2027 23:59:59.0000000]");
            Seed("Project", null, "NAME", mark + " fleet", "NUMBER", "[I:-3]", "STATE", "done");
        }

        private Actor Seed(string type, Actor parent, params string[] fields)
        {
            var actor = new Actor { ActorType = type };
            if (parent != null)
            {
                actor.ParentActorType = parent.ActorType;
                actor.ParentErpKey = parent.ErpKey;
            }
            for (int i = 0; i < fields.Length; i += 2) actor.Fields[fields[i]] = fields[i + 1];
            Add(Catalogue.Type(type), actor);
            return actor;
        }

        private void Add(ActorTypeInfo type, Actor actor)
        {
            lastKey++;
            actor.ErpKey = type.KeyPrefix + lastKey.ToString(CultureInfo.InvariantCulture);
            if (type.Name == "Customer") actor.Fields["NUMBER1"] = "[I:" + (4340000 + lastKey) + "]";
            actor.Changed = System.Threading.Interlocked.Increment(ref changes);
            actors.Add(actor);
        }

        private Actor Find(string type, string key)
        {
            return actors.Find(actor => actor.ActorType == type && actor.ErpKey == key);
        }

        public List<Actor> Select(string type, Func<Actor, bool> test)
        {
            lock (gate) return actors.Where(a => a.ActorType == type && test(a)).Select(a => a.Copy()).ToList();
        }

        public Actor Create(ErpActorWS given)
        {
            if (given == null) throw new BusinessException(null, "There is nothing to create.", "Actor is nil.");
            ActorTypeInfo type = Catalogue.Type(given.ActorType);
            lock (gate)
            {
                var actor = new Actor { ActorType = type.Name };
                Apply(type, actor, given);
                if (type.NeedsParent && actor.ParentErpKey == null)
                    throw new BusinessException(null, "A person needs a company.", "ParentActorType and ParentErpKey are missing.");
                Add(type, actor);
                return actor.Copy();
            }
        }

        public Actor Save(ErpActorWS given)
        {
            if (given == null) throw new BusinessException(null, "There is nothing to save.", "An actor is nil.");
            ActorTypeInfo type = Catalogue.Type(given.ActorType);
            lock (gate)
            {
                Actor stored = Find(type.Name, given.ErpKey);
                if (stored == null)
                    throw new BusinessException(null, "The record does not exist in the ERP system.",
                        "No " + type.Name + " has the given ErpKey.");
                // Work on a copy: an actor is saved completely or not at all.
                Actor changed = stored.Copy();
                Apply(type, changed, given);
                changed.Changed = System.Threading.Interlocked.Increment(ref changes);
                actors[actors.IndexOf(stored)] = changed;
                return changed.Copy();
            }
        }

        private void Apply(ActorTypeInfo type, Actor actor, ErpActorWS given)
        {
            foreach (var pair in given.FieldValues ?? new Dictionary<string, string>())
            {
                FieldMetadataInfoWS field = type.Field(pair.Key);
                if (field.Access == FieldAccessInfoWS.ReadOnly) continue;
                string value = Values.Normal(field, pair.Value);
                if (field.MaxLength > 0 && value.Length > field.MaxLength)
                    throw new BusinessException(null, "The text of the field " + field.DisplayName + " is too long.",
                        "Field " + field.FieldKey + " takes " + field.MaxLength + " characters.");
                if (field.FieldType == FieldMetadataTypeInfoWS.List && value != ""
                    && !Catalogue.List(field.ListName).ContainsKey(value))
                    throw new BusinessException(Names.UnknownListItem, "The list item does not exist.",
                        "The value of " + field.FieldKey + " is not a key of the list " + field.ListName + ".");
                actor.Fields[field.FieldKey] = value;
            }
            foreach (FieldMetadataInfoWS field in type.Fields)
                if (field.Access == FieldAccessInfoWS.Mandatory && string.IsNullOrWhiteSpace(actor.Value(field.FieldKey)))
                    throw new BusinessException(null, "The field " + field.DisplayName + " must have a value.",
                        "Mandatory field " + field.FieldKey + " is missing.");
            bool noKey = string.IsNullOrEmpty(given.ParentErpKey), noType = string.IsNullOrEmpty(given.ParentActorType);
            if (noKey && noType) return;
            if (!type.NeedsParent || Find(given.ParentActorType, given.ParentErpKey) == null || given.ParentActorType != "Customer")
                throw new BusinessException(null, "The company of the person does not exist.", "The parent is not known.");
            actor.ParentActorType = given.ParentActorType;
            actor.ParentErpKey = given.ParentErpKey;
        }
    }
}
