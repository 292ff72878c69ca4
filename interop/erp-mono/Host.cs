// Start of the service: options, bindings, metadata, target file.

using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.ServiceModel.Description;
using System.Text;
using System.Threading;
using SuperOffice.SuperID.Contracts;

namespace ErpMono
{
    public static class Host
    {
        // What the sample host of the .NET family allows.
        private const int LargestMessage = 163840000;

        private const string Usage = @"usage: mono service.exe --certificate FILE --application-key FILE --application-id ID [options]
  --certificate FILE      certificate of SuperOffice's signing key, PEM or DER
  --application-key FILE  private key of the application, RSA XML
  --application-id ID     application id, the audience of the tokens is spn:ID
  --port N                port on 127.0.0.1; 0 (default) takes a free one
  --password TEXT         password of both ERP companies; random when not given
  --write-target FILE     write a target file for the test harness
  --jwt-key FILE          key the harness signs with, named in the target file
  --guard on|off          off: Mono's HTTP channel as it is, without the guard of Guard.cs";

        private static readonly HashSet<string> Options = new HashSet<string>
        {
            "certificate", "application-key", "application-id", "port", "password", "write-target", "jwt-key",
            "guard"
        };

        public static int Main(string[] arguments)
        {
            Dictionary<string, string> options;
            try
            {
                options = Read(arguments);
            }
            catch (ArgumentException problem)
            {
                Console.Error.WriteLine(problem.Message);
                Console.Error.WriteLine(Usage);
                return 2;
            }
            try
            {
                return Run(options);
            }
            catch (Exception problem)
            {
                Console.Error.WriteLine("service: " + problem.GetType().Name + ": " + problem.Message);
                return 1;
            }
        }

        private static Dictionary<string, string> Read(string[] arguments)
        {
            var options = new Dictionary<string, string>();
            for (int i = 0; i < arguments.Length; i += 2)
            {
                string name = arguments[i].StartsWith("--", StringComparison.Ordinal) ? arguments[i].Substring(2) : "";
                if (!Options.Contains(name) || i + 1 == arguments.Length)
                    throw new ArgumentException("unknown or incomplete option: " + arguments[i]);
                options[name] = arguments[i + 1];
            }
            foreach (string name in new[] { "certificate", "application-key", "application-id" })
                if (!options.ContainsKey(name)) throw new ArgumentException("missing option: --" + name);
            return options;
        }

        private static int Run(Dictionary<string, string> options)
        {
            string id = options["application-id"];
            int port = options.ContainsKey("port") ? int.Parse(options["port"]) : 0;
            if (port == 0) port = FreePort();
            string password = options.ContainsKey("password") ? options["password"] : Random();
            string url = "http://127.0.0.1:" + port + "/Services/ErpConnectorWS.svc";
            var handshake = new Handshake(id, File.ReadAllText(options["application-key"]),
                File.ReadAllBytes(options["certificate"]));

            bool guarded = !options.ContainsKey("guard") || options["guard"] != "off";
            Binding binding = new BasicHttpBinding
            {
                MaxReceivedMessageSize = LargestMessage,
                MaxBufferSize = LargestMessage,
                ReaderQuotas = System.Xml.XmlDictionaryReaderQuotas.Max
            };
            if (guarded) binding = GuardedEncoding.Around(binding, LargestMessage);
            var host = new ServiceHost(new Connector(handshake, password), new Uri(url));
            host.AddServiceEndpoint(typeof(IErpConnectorWS), binding, "");
            host.AddServiceEndpoint(typeof(IIntegrationServiceConnectorAuth), binding, "");
            if (guarded) host.Description.Behaviors.Add(new GuardInspector());
            host.Description.Behaviors.Add(new ServiceMetadataBehavior { HttpGetEnabled = true });
            host.Open();

            if (options.ContainsKey("write-target"))
                File.WriteAllText(options["write-target"], Target(options, url, handshake.PublicKeyXml, password));
            Console.WriteLine("{{\"ready\":true,\"url\":\"{0}\",\"applicationId\":\"{1}\",\"password\":\"{2}\"}}",
                url, id, password);
            Thread.Sleep(Timeout.Infinite);
            return 0;
        }

        private static int FreePort()
        {
            var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            int port = ((IPEndPoint)listener.LocalEndpoint).Port;
            listener.Stop();
            return port;
        }

        private static string Random()
        {
            var bytes = new byte[16];
            using (var source = new RNGCryptoServiceProvider()) source.GetBytes(bytes);
            return BitConverter.ToString(bytes).Replace("-", "").ToLowerInvariant();
        }

        private static string Target(Dictionary<string, string> options, string url, string publicKey, string password)
        {
            string id = options["application-id"];
            var text = new StringBuilder();
            text.AppendLine("profile: erp-sync");
            text.AppendLine("connector: { name: \"ERP Mono\", vendor: \"Interop\", version: \"1.0\" }");
            text.AppendLine("url: " + Quoted("app://" + id));
            text.AppendLine("apps: { " + Quoted(id) + ": " + Quoted(url) + " }");
            text.AppendLine("allow_http: true");
            text.AppendLine("application_id: " + Quoted(id));
            text.AppendLine("application_key: { value: " + Quoted(publicKey) + " }");
            text.AppendLine("customers: { first: { id: Cust12345 }, second: { id: Cust54321 } }");
            if (options.ContainsKey("jwt-key"))
                text.AppendLine("jwt: { key: " + Quoted(Path.GetFullPath(options["jwt-key"])) + " }");
            text.AppendLine("connection:");
            text.AppendLine("  values: { ClientId: \"NO SME\", Country: \"NO\" }");
            text.AppendLine("  second_values: { ClientId: \"SE STORE\", Country: \"SE\" }");
            text.AppendLine("  bad_values: { ClientId: \"NO SUCH\", Password: \"not the password\", Country: \"NO\" }");
            text.AppendLine("  secrets: { Password: { value: " + Quoted(password) + " } }");
            text.AppendLine("allow_writes: true");
            return text.ToString();
        }

        private static string Quoted(string text)
        {
            return "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";
        }
    }
}
