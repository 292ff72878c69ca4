// A text encoding in place of Mono's own, for two reasons. Mono's HTTP channel lets envelopes that are no SOAP 1.1
// messages end the process, leaves the caller without an answer or runs the operation: the guard looks at the
// whole message first and turns what it finds into the faults that SOAP 1.1 asks for. And Mono encodes with the
// general XmlReader and XmlWriter, .NET with XmlDictionaryReader and XmlDictionaryWriter; Mono has Microsoft's source
// of these two, so using them puts on the wire what .NET puts there. Data contracts are read by WCF alone.

using System;
using System.Collections.ObjectModel;
using System.IO;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.ServiceModel.Description;
using System.ServiceModel.Dispatcher;
using System.Text;
using System.Xml;

namespace ErpMono
{
    /// <summary>The text encoding of a binding with the guard in front of its reader.</summary>
    public class GuardedEncoding : MessageEncodingBindingElement
    {
        private readonly TextMessageEncodingBindingElement inner;
        private readonly long largest;

        public GuardedEncoding(TextMessageEncodingBindingElement inner, long largest)
        {
            this.inner = inner;
            this.largest = largest;
        }

        /// <summary>The same binding with the guard in place of its plain text encoding.</summary>
        public static Binding Around(Binding binding, long largest)
        {
            BindingElementCollection elements = binding.CreateBindingElements();
            int at = elements.IndexOf(elements.Find<TextMessageEncodingBindingElement>());
            elements[at] = new GuardedEncoding((TextMessageEncodingBindingElement)elements[at], largest);
            return new CustomBinding(elements) { Name = binding.Name, Namespace = binding.Namespace };
        }

        public override MessageVersion MessageVersion
        {
            get { return inner.MessageVersion; }
            set { inner.MessageVersion = value; }
        }

        public override BindingElement Clone()
        {
            return new GuardedEncoding((TextMessageEncodingBindingElement)inner.Clone(), largest);
        }

        public override MessageEncoderFactory CreateMessageEncoderFactory()
        {
            return new Factory(inner.CreateMessageEncoderFactory(), largest);
        }

        public override IChannelListener<T> BuildChannelListener<T>(BindingContext context)
        {
            context.BindingParameters.Add(this);
            return context.BuildInnerChannelListener<T>();
        }

        public override bool CanBuildChannelListener<T>(BindingContext context)
        {
            return context.CanBuildInnerChannelListener<T>();
        }

        public override T GetProperty<T>(BindingContext context)
        {
            return inner.GetProperty<T>(context);
        }

        private class Factory : MessageEncoderFactory
        {
            private readonly MessageEncoder encoder;

            public Factory(MessageEncoderFactory inner, long largest)
            {
                encoder = new GuardedEncoder(inner.Encoder, largest);
            }

            public override MessageEncoder Encoder { get { return encoder; } }
            public override MessageVersion MessageVersion { get { return encoder.MessageVersion; } }
        }
    }

    internal class GuardedEncoder : MessageEncoder
    {
        private readonly MessageEncoder inner;
        private readonly long largest;

        public GuardedEncoder(MessageEncoder inner, long largest)
        {
            this.inner = inner;
            this.largest = largest;
        }

        public override string ContentType { get { return inner.ContentType; } }
        public override string MediaType { get { return inner.MediaType; } }
        public override MessageVersion MessageVersion { get { return inner.MessageVersion; } }

        public override bool IsContentTypeSupported(string contentType)
        {
            return inner.IsContentTypeSupported(contentType);
        }

        public override Message ReadMessage(Stream stream, int maxSizeOfHeaders, string contentType)
        {
            var look = new Look();
            var copy = new MemoryStream();
            try
            {
                var buffer = new byte[65536];
                int count;
                while ((count = stream.Read(buffer, 0, buffer.Length)) > 0)
                {
                    if (copy.Length + count > largest) throw new XmlException("The message is too large.");
                    copy.Write(buffer, 0, count);
                }
                copy.Position = 0;
                look.Read(copy);
                XmlDictionaryReader reader = XmlDictionaryReader.CreateTextReader(copy.ToArray(), XmlDictionaryReaderQuotas.Max);
                Message message = Message.CreateMessage(reader, maxSizeOfHeaders, MessageVersion);
                message.Properties[Look.Property] = look;
                return message;
            }
            catch (Exception problem)
            {
                // An empty message stands in for what cannot be read; the inspector answers it with a fault.
                Console.Error.WriteLine("refused: " + problem.Message);
                look.Problem = "The message is not a SOAP 1.1 envelope that this service reads.";
                Message message = Message.CreateMessage(MessageVersion, "");
                message.Properties[Look.Property] = look;
                return message;
            }
        }

        public override Message ReadMessage(ArraySegment<byte> buffer, BufferManager manager, string contentType)
        {
            return ReadMessage(new MemoryStream(buffer.Array, buffer.Offset, buffer.Count), int.MaxValue, contentType);
        }

        public override void WriteMessage(Message message, Stream stream)
        {
            using (XmlDictionaryWriter writer = XmlDictionaryWriter.CreateTextWriter(stream, new UTF8Encoding(false), false))
                message.WriteMessage(writer);
        }

        public override ArraySegment<byte> WriteMessage(Message message, int maxMessageSize, BufferManager manager,
            int messageOffset)
        {
            var stream = new MemoryStream();
            WriteMessage(message, stream);
            byte[] buffer = manager.TakeBuffer(messageOffset + (int)stream.Length);
            Array.Copy(stream.GetBuffer(), 0, buffer, messageOffset, (int)stream.Length);
            return new ArraySegment<byte>(buffer, messageOffset, (int)stream.Length);
        }
    }

    /// <summary>What the guard saw in a message.</summary>
    internal class Look
    {
        public const string Property = "ErpMono.Look";
        public const string Soap = "http://schemas.xmlsoap.org/soap/envelope/";
        private const int Deepest = 64;

        public string Problem, BodyName = "", BodyNamespace = "";
        public bool NotUnderstood;

        public void Read(Stream stream)
        {
            var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
            using (XmlReader xml = XmlReader.Create(stream, settings))
            {
                string section = "";
                bool body = false;
                while (xml.Read())
                {
                    if (xml.Depth > Deepest) throw new XmlException("The elements are nested too deeply.");
                    if (xml.NodeType != XmlNodeType.Element) continue;
                    if (xml.Depth == 0 && (xml.LocalName != "Envelope" || xml.NamespaceURI != Soap))
                        throw new XmlException("The root is not a SOAP 1.1 envelope.");
                    if (xml.Depth == 1)
                    {
                        section = xml.NamespaceURI == Soap ? xml.LocalName : "";
                        body |= section == "Body";
                    }
                    if (xml.Depth == 2 && section == "Header") Header(xml);
                    if (xml.Depth == 2 && section == "Body")
                    {
                        if (BodyName != "") throw new XmlException("The body has more than one element.");
                        BodyName = xml.LocalName;
                        BodyNamespace = xml.NamespaceURI;
                    }
                }
                if (!body) throw new XmlException("The envelope has no body.");
            }
        }

        private void Header(XmlReader xml)
        {
            string must = xml.GetAttribute("mustUnderstand", Soap), actor = xml.GetAttribute("actor", Soap) ?? "";
            bool ours = actor == "" || actor == "http://schemas.xmlsoap.org/soap/actor/next";
            if (ours && (must == "1" || must == "true")) NotUnderstood = true;
        }
    }

    /// <summary>Answers with a fault before an operation is reached.</summary>
    public class GuardInspector : IDispatchMessageInspector, IErrorHandler, IServiceBehavior
    {
        public bool HandleError(Exception problem)
        {
            // Mono takes true for "answered already" and then leaves the caller without an answer.
            return false;
        }

        public void ProvideFault(Exception problem, MessageVersion version, ref Message fault)
        {
            // Mono answers an unknown action as WCF does.
            if (problem is ActionNotSupportedException) return;
            // Elsewhere Mono writes the SOAP 1.2 code Receiver, and details of the reader, into a SOAP 1.1 fault.
            var known = problem as FaultException
                ?? Fault("Client", "The message does not follow the contract of the operation.");
            fault = Message.CreateMessage(version, known.CreateMessageFault(), null);
        }

        public object AfterReceiveRequest(ref Message request, IClientChannel channel, InstanceContext context)
        {
            // Requests for metadata do not pass the encoder.
            object seen;
            if (!request.Properties.TryGetValue(Look.Property, out seen)) return null;
            var look = (Look)seen;
            if (look.Problem != null) throw Fault("Client", look.Problem);
            if (look.NotUnderstood) throw Fault("MustUnderstand", "A header that must be understood is not known.");
            string expected = request.Headers.Action ?? "";
            // Action: namespace/interface/operation; the namespace of this family ends with or without a slash.
            string[] parts = expected.Split('/');
            string operation = parts[parts.Length - 1];
            string ns = parts.Length < 3 ? "" : string.Join("/", parts, 0, parts.Length - 2);
            bool right = look.BodyName == operation && (look.BodyNamespace == ns || look.BodyNamespace == ns + "/");
            if (!right) throw Fault("Client", "The element in the body does not belong to the action.");
            return null;
        }

        public void BeforeSendReply(ref Message reply, object state)
        {
        }

        private static FaultException Fault(string code, string text)
        {
            return new FaultException(new FaultReason(text), new FaultCode(code, Look.Soap));
        }

        public void ApplyDispatchBehavior(ServiceDescription service, ServiceHostBase host)
        {
            foreach (ChannelDispatcherBase dispatcher in host.ChannelDispatchers)
            {
                var channel = dispatcher as ChannelDispatcher;
                if (channel == null) continue;
                channel.ErrorHandlers.Add(this);
                foreach (EndpointDispatcher endpoint in channel.Endpoints)
                    endpoint.DispatchRuntime.MessageInspectors.Add(this);
            }
        }

        public void Validate(ServiceDescription service, ServiceHostBase host)
        {
        }

        public void AddBindingParameters(ServiceDescription service, ServiceHostBase host,
            Collection<ServiceEndpoint> endpoints, BindingParameterCollection parameters)
        {
        }
    }
}
