"""SOAP 1.1 for spyne the way a BasicHttpBinding endpoint behaves.

The SOAPAction decides which operation runs and the body element has to
match it; a DTD is refused before the document is parsed; headers that must
be understood are refused, because none is known here.
"""

import logging
import re
import xml.parsers.expat

from lxml import etree
from spyne import Application, Fault
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

import wire
from seams import seam

log = logging.getLogger("erp.soap")

SOAP_NS = "http://schemas.xmlsoap.org/soap/envelope/"
ACTOR_NEXT = "http://schemas.xmlsoap.org/soap/actor/next"
MAX_BYTES = 16 * 1024 * 1024

ACTIONS = {wire.ERP_ACTION + name: "{%s}%s" % (wire.ERP_NS, name) for name in wire.OPERATIONS}
ACTIONS[wire.AUTH_ACTION + "Authenticate"] = "{%s}Authenticate" % wire.AUTH_NS


class ClientFault(Fault):
    def __init__(self, text, code="Client"):
        super().__init__(code, text)


class _RootReached(Exception):
    pass


@seam("soap.refuse_dtd")
def refuse_dtd(data):
    """Read up to the root element; a document type before it is refused."""

    def doctype(*_):
        raise ClientFault("A document type declaration is not allowed.")

    def element(*_):
        raise _RootReached

    parser = xml.parsers.expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = element
    try:
        parser.Parse(data, True)
    except _RootReached:
        return
    except (xml.parsers.expat.ExpatError, ValueError, LookupError):
        raise ClientFault("The message is not well-formed XML.") from None


def xml_parser():
    """A parser that expands nothing and fetches nothing."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        attribute_defaults=False, huge_tree=False, remove_comments=True, remove_pis=True,
    )


@seam("soap.parse")
def parse(data, parser=xml_parser):
    refuse_dtd(data)
    try:
        return etree.fromstring(data, parser())
    except etree.XMLSyntaxError:
        raise ClientFault("The message is not well-formed XML.") from None


@seam("soap.unquote")
def unquote(action):
    """The value of the SOAPAction header, with or without quotes."""
    action = action.strip()
    if len(action) >= 2 and action[0] == action[-1] == '"':
        return action[1:-1]
    return action


@seam("soap.operation")
def operation_of(action, body_tag):
    """The body element that runs for an action; a fault when they differ."""
    wanted = ACTIONS.get(action)
    if wanted is None:
        raise ClientFault("No operation matches the given action.", "Client.ActionNotSupported")
    if body_tag != wanted:
        raise ClientFault("The body element does not belong to the given action.")
    return wanted


@seam("soap.headers")
def check_headers(header):
    """Refuse a header for this node that has to be understood."""
    for block in header:
        must = block.get("{%s}mustUnderstand" % SOAP_NS, "0").strip()
        actor = block.get("{%s}actor" % SOAP_NS, "")
        if must in ("1", "true") and actor in ("", ACTOR_NEXT):
            raise ClientFault("A header that must be understood is not known.", "MustUnderstand")


class ConnectorSoap(Soap11):
    """Soap11 with dispatch by action, explicit safety and plain faults."""

    def create_in_document(self, ctx, charset=None):
        data = b"".join(ctx.in_string)
        ctx.in_document = parse(data), {}

    def decompose_incoming_envelope(self, ctx, message=Soap11.REQUEST):
        envelope, _ = ctx.in_document
        ctx.in_document = envelope
        if envelope.tag != "{%s}Envelope" % SOAP_NS:
            raise ClientFault("Only SOAP 1.1 envelopes are read here.", "VersionMismatch")
        header = envelope.find("{%s}Header" % SOAP_NS)
        check_headers(header if header is not None else ())
        body = envelope.find("{%s}Body" % SOAP_NS)
        if body is None or len(body) == 0:
            raise ClientFault("The envelope has no body.")
        action = unquote(ctx.transport.req_env.get("HTTP_SOAPACTION", ""))
        # spyne keys every method by the application's own namespace.
        name = etree.QName(operation_of(action, body[0].tag)).localname
        ctx.method_request_string = "{%s}%s" % (wire.ERP_NS, name)
        ctx.in_header_doc = None
        ctx.in_body_doc = body[0]

    @seam("soap.serialize")
    def serialize(self, ctx, message):
        if ctx.out_error is not None and not isinstance(ctx.out_error, ClientFault):
            log.error("fault: %r", ctx.out_error)
            if not str(ctx.out_error.faultcode).startswith("Client"):
                ctx.out_error = Fault("Server", "The message could not be processed.")
            else:
                ctx.out_error = ClientFault("The message could not be read.")
        super().serialize(ctx, message)

    @seam("soap.bytes")
    def create_out_string(self, ctx, charset=None):
        super().create_out_string(ctx, charset)

    def fault_to_parent(self, ctx, cls, inst, parent, ns, *args, **kwargs):
        fault = etree.SubElement(parent, "{%s}Fault" % SOAP_NS)
        code = etree.SubElement(fault, "faultcode")
        code.text = "%s:%s" % (self.prefix(fault), inst.faultcode)
        etree.SubElement(fault, "faultstring").text = inst.faultstring
        return fault

    @staticmethod
    def prefix(element):
        return next(key for key, uri in element.nsmap.items() if uri == SOAP_NS and key)


class ConnectorApplication(Application):
    """The spyne application with the two parts that the services call."""

    def __init__(self, connector, authenticator):
        super().__init__(
            [wire.ErpConnectorService, wire.ConnectorAuthService],
            tns=wire.ERP_NS, name="ErpConnector",
            in_protocol=ConnectorSoap(parse_xsi_type=False),
            out_protocol=ConnectorSoap(),
        )
        self.connector = connector
        self.authenticator = authenticator


def complete_wsdl(wsdl):
    """Correct what spyne gets wrong for this pair of contracts.

    It writes bare operation names as actions, where SuperOffice sends full
    ones, and it refers to the messages of the second contract by the
    namespace of their elements, while all messages are in the WSDL's own.
    """
    for operation in wsdl.root_elt.iter("{http://schemas.xmlsoap.org/wsdl/soap/}operation"):
        name = operation.get("soapAction")
        operation.set("soapAction", next(a for a in ACTIONS if a.endswith("/" + name)))
    for port_type in wsdl.root_elt.iter("{http://schemas.xmlsoap.org/wsdl/}portType"):
        for message in port_type.iter("{*}input", "{*}output"):
            message.set("message", "tns:" + message.get("message").split(":")[1])


class Gate:
    """What is decided by HTTP alone, in front of spyne."""

    def __init__(self, application, path):
        self.path = path
        self.wsgi = WsgiApplication(application, chunked=True, max_content_length=MAX_BYTES)
        self.wsgi.doc.wsdl11.event_manager.add_listener("wsdl_document_built", complete_wsdl)

    def __call__(self, environ, start_response):
        refusal = self.refusal(environ)
        if refusal is None:
            query = environ.get("QUERY_STRING", "")
            if environ["REQUEST_METHOD"] == "GET" and query.lower() == "singlewsdl":
                environ["QUERY_STRING"] = "wsdl"
            return self.wsgi(environ, start_response)
        status, text = refusal
        data = (text + "\n").encode()
        start_response(status, [
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(data))),
        ])
        return [data]

    @seam("gate.refusal")
    def refusal(self, environ):
        """Status and text when the request is no SOAP 1.1 call, else None."""
        if environ["PATH_INFO"].rstrip("/") != self.path:
            return "404 Not Found", "There is nothing here."
        if environ["REQUEST_METHOD"] == "GET":
            if re.fullmatch("(single)?wsdl", environ.get("QUERY_STRING", ""), re.IGNORECASE):
                return None
            return "405 Method Not Allowed", "Send a SOAP 1.1 message with POST."
        if environ["REQUEST_METHOD"] != "POST":
            return "405 Method Not Allowed", "Send a SOAP 1.1 message with POST."
        content_type = environ.get("CONTENT_TYPE", "").split(";")[0].strip().lower()
        if content_type != "text/xml":
            return "415 Unsupported Media Type", "The content type has to be text/xml."
        length = environ.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > MAX_BYTES:
            return "413 Content Too Large", "The message is too large."
        return None
