// The handshake: checks the JWT that SuperOffice signed and answers with nonce.timestamp.signature.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SuperOffice.SuperID.Contracts.V1;

namespace ErpMono
{
    /// <summary>A token that must not be trusted. The text stays in the log of the service.</summary>
    public class RefusedException : Exception
    {
        public RefusedException(string why) : base(why) { }
    }

    public class Handshake
    {
        // The default of the .NET token handlers.
        private const int SkewSeconds = 300;
        private const int LongestToken = 65536;

        private readonly string applicationId;
        private readonly RSACryptoServiceProvider application;
        private readonly RSACryptoServiceProvider superOffice;
        private readonly object turn = new object();

        public Handshake(string applicationId, string applicationKeyXml, byte[] certificate)
        {
            this.applicationId = applicationId;
            application = new RSACryptoServiceProvider();
            application.FromXmlString(applicationKeyXml);
            var trusted = new X509Certificate2(DerOf(certificate));
            superOffice = new RSACryptoServiceProvider();
            superOffice.FromXmlString(trusted.PublicKey.Key.ToXmlString(false));
        }

        public string PublicKeyXml
        {
            get { return application.ToXmlString(false); }
        }

        public AuthenticationResponse Authenticate(AuthenticationRequest request)
        {
            try
            {
                string nonce = NonceOf(request == null ? null : request.SignedToken);
                return new AuthenticationResponse { Succeeded = true, SignedApplicationToken = Sign(nonce) };
            }
            catch (Exception problem)
            {
                // The caller learns nothing but the fact: reasons help an attacker more than a partner.
                Console.Error.WriteLine("authenticate: " + problem.GetType().Name + ": " + problem.Message);
                return new AuthenticationResponse
                {
                    Succeeded = false,
                    Reason = "The request could not be authenticated."
                };
            }
        }

        private string Sign(string nonce)
        {
            string text = nonce + "." + DateTime.UtcNow.ToString("yyyyMMddHHmm", CultureInfo.InvariantCulture);
            byte[] signature;
            lock (turn) signature = application.SignData(Encoding.UTF8.GetBytes(text), "SHA256");
            return text + "." + Convert.ToBase64String(signature);
        }

        private string NonceOf(string token)
        {
            if (token == null) throw new RefusedException("no token");
            token = token.Trim(' ', '\t', '\r', '\n');
            if (token.Length > LongestToken) throw new RefusedException("token too long");
            string[] parts = token.Split('.');
            if (parts.Length != 3) throw new RefusedException("not three parts");
            IDictionary<string, object> header = JsonObject(parts[0]);
            if (!Equals(Member(header, "alg"), "RS256")) throw new RefusedException("algorithm");
            if (header.ContainsKey("crit")) throw new RefusedException("critical header");
            byte[] signed = Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]);
            byte[] signature = Base64Url(parts[2]);
            bool genuine;
            lock (turn) genuine = superOffice.VerifyData(signed, "SHA256", signature);
            if (!genuine) throw new RefusedException("signature");
            return NonceOf(JsonObject(parts[1]));
        }

        private string NonceOf(IDictionary<string, object> claims)
        {
            if (!Equals(Member(claims, "iss"), "SuperOffice AS")) throw new RefusedException("issuer");
            if (!MeantForUs(Member(claims, "aud"))) throw new RefusedException("audience");
            double now = (DateTime.UtcNow - new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc)).TotalSeconds;
            object until = Member(claims, "exp");
            if (!(until is double) || (double)until + SkewSeconds < now) throw new RefusedException("expired");
            object from = Member(claims, "nbf");
            if (claims.ContainsKey("nbf") && (!(from is double) || (double)from - SkewSeconds > now))
                throw new RefusedException("not valid yet");
            var nonce = Member(claims, "nonce") as string;
            // A dot would break the three parts of the answer.
            if (string.IsNullOrWhiteSpace(nonce) || nonce.IndexOf('.') >= 0) throw new RefusedException("nonce");
            return nonce;
        }

        private bool MeantForUs(object audience)
        {
            string own = "spn:" + applicationId;
            var one = audience as string;
            if (one != null) return string.Equals(one, own, StringComparison.OrdinalIgnoreCase);
            var several = audience as List<object>;
            return several != null && several.Exists(
                item => item is string && string.Equals((string)item, own, StringComparison.OrdinalIgnoreCase));
        }

        private static object Member(IDictionary<string, object> json, string name)
        {
            object value;
            return json.TryGetValue(name, out value) ? value : null;
        }

        private static IDictionary<string, object> JsonObject(string part)
        {
            string text = new UTF8Encoding(false, true).GetString(Base64Url(part));
            var json = new Json(text).Read() as IDictionary<string, object>;
            if (json == null) throw new RefusedException("not a JSON object");
            return json;
        }

        private static byte[] Base64Url(string part)
        {
            foreach (char c in part)
            {
                bool known = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                    || c == '-' || c == '_';
                if (!known) throw new RefusedException("not base64url");
            }
            if (part.Length == 0 || part.Length % 4 == 1) throw new RefusedException("not base64url");
            string plain = part.Replace('-', '+').Replace('_', '/');
            return Convert.FromBase64String(plain.PadRight((plain.Length + 3) / 4 * 4, '='));
        }

        private static byte[] DerOf(byte[] file)
        {
            const string Begin = "-----BEGIN CERTIFICATE-----";
            string text = Encoding.ASCII.GetString(file);
            int start = text.IndexOf(Begin, StringComparison.Ordinal);
            if (start < 0) return file;
            start += Begin.Length;
            int end = text.IndexOf("-----END CERTIFICATE-----", start, StringComparison.Ordinal);
            if (end < 0) throw new InvalidDataException("certificate: no END CERTIFICATE line");
            return Convert.FromBase64String(text.Substring(start, end - start));
        }
    }

    /// <summary>A strict JSON reader: no duplicate members, no trailing text, bounded depth.</summary>
    public class Json
    {
        private const int Deepest = 32;
        private readonly string text;
        private int at;

        public Json(string text)
        {
            this.text = text;
        }

        public object Read()
        {
            object value = Value(0);
            Space();
            if (at != text.Length) throw Wrong();
            return value;
        }

        private Exception Wrong()
        {
            return new RefusedException("JSON, character " + at);
        }

        private void Space()
        {
            while (at < text.Length && " \t\r\n".IndexOf(text[at]) >= 0) at++;
        }

        private char Peek()
        {
            if (at >= text.Length) throw Wrong();
            return text[at];
        }

        private void Take(char expected)
        {
            if (Peek() != expected) throw Wrong();
            at++;
        }

        private object Word(string word, object value)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0) throw Wrong();
            at += word.Length;
            return value;
        }

        private object Value(int depth)
        {
            if (depth > Deepest) throw Wrong();
            Space();
            switch (Peek())
            {
                case '{': return Object(depth);
                case '[': return Array(depth);
                case '"': return String();
                case 't': return Word("true", true);
                case 'f': return Word("false", false);
                case 'n': return Word("null", null);
                default: return Number();
            }
        }

        private object Object(int depth)
        {
            var members = new Dictionary<string, object>(StringComparer.Ordinal);
            Take('{');
            Space();
            if (Peek() == '}') { at++; return members; }
            while (true)
            {
                Space();
                string name = String();
                Space();
                Take(':');
                if (members.ContainsKey(name)) throw Wrong();
                members.Add(name, Value(depth + 1));
                Space();
                if (Peek() == '}') { at++; return members; }
                Take(',');
            }
        }

        private object Array(int depth)
        {
            var items = new List<object>();
            Take('[');
            Space();
            if (Peek() == ']') { at++; return items; }
            while (true)
            {
                items.Add(Value(depth + 1));
                Space();
                if (Peek() == ']') { at++; return items; }
                Take(',');
            }
        }

        private string String()
        {
            var result = new StringBuilder();
            Take('"');
            while (Peek() != '"')
            {
                char c = text[at++];
                if (c < ' ') throw Wrong();
                result.Append(c == '\\' ? Escaped() : c);
            }
            at++;
            return result.ToString();
        }

        private char Escaped()
        {
            char c = Peek();
            at++;
            switch (c)
            {
                case 'b': return '\b';
                case 'f': return '\f';
                case 'n': return '\n';
                case 'r': return '\r';
                case 't': return '\t';
                case '"': case '\\': case '/': return c;
                case 'u':
                    ushort code;
                    if (at + 4 > text.Length || !ushort.TryParse(text.Substring(at, 4),
                        NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code)) throw Wrong();
                    at += 4;
                    return (char)code;
                default: throw Wrong();
            }
        }

        private object Number()
        {
            int start = at;
            while (at < text.Length && "+-.eE0123456789".IndexOf(text[at]) >= 0) at++;
            double number;
            if (at == start || !double.TryParse(text.Substring(start, at - start), NumberStyles.Float,
                CultureInfo.InvariantCulture, out number)) throw Wrong();
            return number;
        }
    }
}
