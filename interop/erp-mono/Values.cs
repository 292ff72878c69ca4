// Field values: one form is stored and answered ([I:5], [F:1.5], [DT:...]), the bare invariant form is read too.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Xml;

namespace ErpMono
{
    /// <summary>A business problem; it becomes an Error result, never a fault.</summary>
    public class BusinessException : Exception
    {
        public readonly string Code;
        public readonly string User;

        public BusinessException(string code, string user, string tech) : base(tech)
        {
            Code = code;
            User = user;
        }
    }

    public static class Values
    {
        private const string DateTimeForm = "MM/dd/yyyy HH:mm:ss.fffffff";
        private static readonly string[] BareDates =
        {
            DateTimeForm, "MM/dd/yyyy HH:mm:ss", "MM/dd/yyyy", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-dd"
        };

        /// <summary>The form in which a value is stored and answered; empty text stays empty.</summary>
        public static string Normal(FieldMetadataInfoWS field, string value)
        {
            if (string.IsNullOrEmpty(value)) return "";
            switch (field.FieldType)
            {
                case FieldMetadataTypeInfoWS.Integer:
                    return "[I:" + Whole(field, value).ToString(CultureInfo.InvariantCulture) + "]";
                case FieldMetadataTypeInfoWS.Checkbox:
                    decimal tick = Whole(field, value);
                    if (tick != 0 && tick != 1) throw Unreadable(field, "0 or 1");
                    return tick == 1 ? "[I:1]" : "[I:0]";
                case FieldMetadataTypeInfoWS.Double:
                    return "[F:" + Fraction(field, value).ToString("0.0###########", CultureInfo.InvariantCulture) + "]";
                case FieldMetadataTypeInfoWS.Datetime:
                    return "[DT:" + Moment(field, value).ToString(DateTimeForm, CultureInfo.InvariantCulture) + "]";
                case FieldMetadataTypeInfoWS.List:
                    return value;
                default:
                    if (!value.All(c => XmlConvert.IsXmlChar(c) || char.IsSurrogate(c)))
                        throw Unreadable(field, "text without control characters");
                    return value;
            }
        }

        public static IComparable Comparable(FieldMetadataInfoWS field, string value)
        {
            if (field.FieldType == FieldMetadataTypeInfoWS.Datetime) return Moment(field, value);
            return Fraction(field, value);
        }

        private static decimal Whole(FieldMetadataInfoWS field, string value)
        {
            long number;
            if (!long.TryParse(Bare(value, "I"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number))
                throw Unreadable(field, "a whole number");
            return number;
        }

        private static decimal Fraction(FieldMetadataInfoWS field, string value)
        {
            decimal number;
            string bare = value.StartsWith("[I:", StringComparison.Ordinal) ? Bare(value, "I") : Bare(value, "F");
            if (!decimal.TryParse(bare, NumberStyles.Float, CultureInfo.InvariantCulture, out number))
                throw Unreadable(field, "a number");
            return number;
        }

        private static DateTime Moment(FieldMetadataInfoWS field, string value)
        {
            DateTime moment;
            string bare = value.StartsWith("[D:", StringComparison.Ordinal) ? Bare(value, "D") : Bare(value, "DT");
            if (!DateTime.TryParseExact(bare, BareDates, CultureInfo.InvariantCulture, DateTimeStyles.None, out moment))
                throw Unreadable(field, "a date and time");
            return moment;
        }

        private static string Bare(string value, string marker)
        {
            string head = "[" + marker + ":";
            bool marked = value.StartsWith(head, StringComparison.Ordinal) && value.EndsWith("]", StringComparison.Ordinal);
            return marked ? value.Substring(head.Length, value.Length - head.Length - 1) : value;
        }

        private static BusinessException Unreadable(FieldMetadataInfoWS field, string expected)
        {
            return new BusinessException(null,
                "The value of the field " + field.DisplayName + " cannot be read.",
                "Field " + field.FieldKey + " takes " + expected + ".");
        }
    }

    public static class Search
    {
        private static readonly FieldMetadataInfoWS ParentKey = Special("ParentErpKey");
        private static readonly FieldMetadataInfoWS ParentType = Special("ParentActorType");

        private static FieldMetadataInfoWS Special(string name)
        {
            return new FieldMetadataInfoWS
            {
                FieldKey = name, DisplayName = name, FieldType = FieldMetadataTypeInfoWS.Text
            };
        }

        /// <summary>A test for actors; it throws at once when a restriction makes no sense.</summary>
        public static Func<Actor, bool> Compile(ActorTypeInfo type, SearchRestrictionInfoWS restriction)
        {
            if (restriction == null)
                throw new BusinessException(null, "The search is not complete.", "A restriction is nil.");
            string key = restriction.FieldKey ?? "";
            var values = (restriction.Values ?? new string[0]).Select(value => value ?? "").ToArray();
            if (key == ParentKey.FieldKey)
            {
                var test = Text(ParentKey, restriction.Operator, values);
                return actor => test(actor.ParentErpKey ?? "");
            }
            if (key == ParentType.FieldKey)
            {
                var test = Text(ParentType, restriction.Operator, values);
                return actor => test(actor.ParentActorType ?? "");
            }
            FieldMetadataInfoWS field = type.Field(key);
            Func<string, bool> match;
            switch (field.FieldType)
            {
                case FieldMetadataTypeInfoWS.List: match = List(field, restriction.Operator, values); break;
                case FieldMetadataTypeInfoWS.Checkbox: match = Checkbox(field, restriction.Operator, values); break;
                case FieldMetadataTypeInfoWS.Integer:
                case FieldMetadataTypeInfoWS.Double:
                    match = Ordered(field, restriction.Operator, values, Numbers); break;
                case FieldMetadataTypeInfoWS.Datetime:
                    match = Ordered(field, restriction.Operator, values, Dates); break;
                default: match = Text(field, restriction.Operator, values); break;
            }
            return actor => match(actor.Value(key));
        }

        private static readonly Dictionary<string, Func<int, bool>> Numbers = new Dictionary<string, Func<int, bool>>
        {
            { "=", c => c == 0 }, { "!=", c => c != 0 }, { "<", c => c < 0 }, { ">", c => c > 0 },
            { "<=", c => c <= 0 }, { ">=", c => c >= 0 }
        };

        private static readonly Dictionary<string, Func<int, bool>> Dates = new Dictionary<string, Func<int, bool>>
        {
            { "=", c => c == 0 }, { "before", c => c < 0 }, { "after", c => c > 0 },
            { "beforeOrEqual", c => c <= 0 }, { "afterOrEqual", c => c >= 0 }
        };

        private static Func<string, bool> Ordered(FieldMetadataInfoWS field, string name, string[] values,
            Dictionary<string, Func<int, bool>> operators)
        {
            if (name == "between")
            {
                Need(field, values, 2);
                IComparable low = Values.Comparable(field, values[0]), high = Values.Comparable(field, values[1]);
                return value => value != "" && low.CompareTo(Values.Comparable(field, value)) <= 0
                    && high.CompareTo(Values.Comparable(field, value)) >= 0;
            }
            Func<int, bool> fits;
            if (name == null || !operators.TryGetValue(name, out fits)) throw Unknown(field, name);
            Need(field, values, 1);
            // An empty argument asks for actors without a value; only equality makes sense then.
            if (values[0] == "")
            {
                if (name == "=") return value => value == "";
                if (name == "!=") return value => value != "";
            }
            IComparable limit = Values.Comparable(field, values[0]);
            return value => value == "" ? name == "!=" : fits(Values.Comparable(field, value).CompareTo(limit));
        }

        private static Func<string, bool> Checkbox(FieldMetadataInfoWS field, string name, string[] values)
        {
            if (name != "=") throw Unknown(field, name);
            Need(field, values, 1);
            string wanted = Values.Normal(field, values[0]);
            return value => value == wanted;
        }

        private static Func<string, bool> List(FieldMetadataInfoWS field, string name, string[] values)
        {
            if (name == "oneof") return value => values.Contains(value);
            if (name == "notoneof") return value => !values.Contains(value);
            throw Unknown(field, name);
        }

        private static Func<string, bool> Text(FieldMetadataInfoWS field, string name, string[] values)
        {
            const StringComparison NoCase = StringComparison.OrdinalIgnoreCase;
            if (name == "between")
            {
                Need(field, values, 2);
                return value => string.Compare(values[0], value, NoCase) <= 0 && string.Compare(values[1], value, NoCase) >= 0;
            }
            Func<string, string, bool> fits;
            switch (name)
            {
                case "=": fits = (value, wanted) => value.Equals(wanted, NoCase); break;
                case "isnot": fits = (value, wanted) => !value.Equals(wanted, NoCase); break;
                case "begins": fits = (value, wanted) => value.StartsWith(wanted, NoCase); break;
                case "notbegins": fits = (value, wanted) => !value.StartsWith(wanted, NoCase); break;
                case "contains": fits = (value, wanted) => value.IndexOf(wanted, NoCase) >= 0; break;
                case "notcontains": fits = (value, wanted) => value.IndexOf(wanted, NoCase) < 0; break;
                case "ends": fits = (value, wanted) => value.EndsWith(wanted, NoCase); break;
                case "notends": fits = (value, wanted) => !value.EndsWith(wanted, NoCase); break;
                default: throw Unknown(field, name);
            }
            Need(field, values, 1);
            return value => fits(value, values[0]);
        }

        private static void Need(FieldMetadataInfoWS field, string[] values, int count)
        {
            if (values.Length < count)
                throw new BusinessException(null, "The search is not complete.",
                    "The restriction on " + field.FieldKey + " needs " + count + " value(s).");
        }

        private static BusinessException Unknown(FieldMetadataInfoWS field, string name)
        {
            return new BusinessException(null, "This kind of search is not possible.",
                "Operator " + (name ?? "(none)") + " is not known for " + field.FieldType + " fields.");
        }
    }
}
