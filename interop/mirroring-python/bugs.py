"""Planted bugs of the mirroring service: each overrides a method or two.

    python bugs.py            a table of all bugs
    python bugs.py --json     the same for programs

`ids` are the requirements that a bug breaks by the words of the contract, the primary one first.
"""

import base64
import json
import re
import sys
import time

BUGS = {}


def bug(name, sentence, ids):
    def decorate(make):
        BUGS[name] = (sentence, ids.split(), make)
        return make
    return decorate


def planted(service, name):
    if name is None:
        return service
    if name not in BUGS:
        raise SystemExit(f"no bug is named {name}")
    return type("Planted", (BUGS[name][2](service), service), {})


@bug("token-in-body", "The token is looked for in the body, not in the header.", "AUTH-098")
def _(base):
    class Bug:
        def answer(self, operation, token, request):
            inner = next((one.text for one in request.iter() if one.tag.endswith("}SignedToken")), "")
            return super().answer(operation, inner, request)
    return Bug


@bug("token-not-trimmed", "White space around the token makes it unreadable.", "AUTH-098")
def _(base):
    class Bug:
        def answer(self, operation, token, request):
            return super().answer(operation, "?" if token != (token or "").strip() else token, request)
    return Bug


@bug("other-namespace-read", "The token is looked for in the namespace without a version.", "AUTH-098")
def _(base):
    class Bug:
        def parse(self, data):
            root = super().parse(data)
            for block in root.iter("{http://www.superoffice.com/online/mirroring/0.1}SignedToken"):
                block.tag = "{http://www.superoffice.com/online/mirroring}SignedToken"
                block.attrib.clear()
            return root
    return Bug


def reordered(name, sentence, ids, change):
    @bug(name, sentence, ids)
    def make(base):
        class Bug:
            def handle(self, action, data):
                operation, members = super().handle(action, data)
                return operation, change(members) if operation == "Authenticate" else members
        return Bug


reordered("error-before-flag", "ErrorMessage is written before IsSuccessful.", "AUTH-099", lambda m: [m[1], m[0], *m[2:]])
reordered("refusal-out-of-order", "Refusals have the message first, acceptances are in order.", "AUTH-099",
          lambda m: m if m[0][1] == "true" else m[::-1])
reordered("state-before-build", "ClientState is written before SuperOfficeMirroringBuild.", "AUTH-099",
          lambda m: [*m[:4], m[5], m[4], m[6]] if len(m) > 6 else m)
reordered("succeeded-instead", "The flag is named Succeeded as in the other contract.", "AUTH-099 AUTH-098 AUTH-100 AUTH-103",
          lambda m: [("Succeeded", m[0][1]), *m[1:]])
reordered("flag-as-yes", "IsSuccessful is written as yes and no.", "AUTH-099",
          lambda m: [(m[0][0], {"true": "yes", "false": "no"}[m[0][1]]), *m[1:]])
reordered("message-left-out", "Refusals have no ErrorMessage.", "AUTH-100", lambda m: m[:1] if m[0][1] == "false" else m)
reordered("message-of-blanks", "Refusals have an empty ErrorMessage.", "AUTH-100",
          lambda m: [m[0], (m[1][0], "")] if m[0][1] == "false" else m)
reordered("refusal-unflagged", "Refusals have an ErrorMessage and no IsSuccessful.", "AUTH-100", lambda m: m[1:] if m[0][1] == "false" else m)


@bug("token-with-refusal", "Refusals carry a signed token.", "AUTH-100")
def _(base):
    class Bug:
        def refusal(self, operation, why):
            return super().refusal(operation, why) + [("SignedApplicationToken", self.signed("0" * 32))]
    return Bug


@bug("token-with-late-refusal", "Only refusals for time carry a signed token.", "AUTH-100")
def _(base):
    class Bug:
        def refusal(self, operation, why):
            more = [("SignedApplicationToken", self.signed("0" * 32))] if why == "not now" else []
            return super().refusal(operation, why) + more
    return Bug


@bug("local-time", "The time is that of Oslo.", "AUTH-101 AUTH-027")
def _(base):
    class Bug:
        def minute(self):
            return time.strftime("%Y%m%d%H%M", time.gmtime(time.time() + 3600))
    return Bug


@bug("seconds-in-time", "The time has seconds.", "AUTH-101 AUTH-026")
def _(base):
    class Bug:
        def minute(self):
            return time.strftime("%Y%m%d%H%M%S", time.gmtime())
    return Bug


@bug("base64url-signature", "The signature is base64url.", "AUTH-101 AUTH-029")
def _(base):
    class Bug:
        def signed(self, nonce):
            return super().signed(nonce).replace("+", "-").replace("/", "_")
    return Bug


@bug("nonce-lowered", "The nonce comes back in small letters.", "AUTH-101 AUTH-025")
def _(base):
    class Bug:
        def signed(self, nonce):
            return super().signed(nonce.lower())
    return Bug


@bug("rows-unguarded", "RowData is carried out whatever token it has.", "AUTH-102")
def _(base):
    class Bug:
        def answer(self, operation, token, request):
            if operation == "RowData":
                return [("IsSuccessful", "true")]
            return super().answer(operation, token, request)
    return Bug


@bug("wipe-for-the-known", "After a good handshake Wipe asks for no token.", "AUTH-102")
def _(base):
    class Bug:
        known = False

        def answer(self, operation, token, request):
            if operation == "Wipe" and self.known:
                return [("IsSuccessful", "true")]
            result = super().answer(operation, token, request)
            self.known = self.known or result[0][1] == "true"
            return result
    return Bug


@bug("completion-needs-any-token", "ReplicationCompleted is carried out with any token that can be read.", "AUTH-102")
def _(base):
    class Bug:
        def answer(self, operation, token, request):
            if operation == "ReplicationCompleted" and token and token.count(".") == 2:
                return [("IsSuccessful", "true")]
            return super().answer(operation, token, request)
    return Bug


@bug("schema-forgives-expiry", "TableSchema does not look at the time of the token.", "AUTH-102")
def _(base):
    class Bug:
        free = False

        def answer(self, operation, token, request):
            twin = type(self).__new__(type(self))
            twin.__dict__.update(self.__dict__, free=operation == "TableSchema")
            return base.answer(twin, operation, token, request)

        def check_time(self, claims):
            if not self.free:
                super().check_time(claims)
    return Bug


@bug("signature-unchecked", "The signature is not checked.", "AUTH-103 AUTH-102")
def _(base):
    class Bug:
        def check_signature(self, parts):
            return None
    return Bug


@bug("issuer-trimmed", "Blanks around the issuer are ignored.", "AUTH-103")
def _(base):
    class Bug:
        def check_claims(self, claims):
            return super().check_claims({**claims, "iss": str(claims.get("iss", "")).strip()})
    return Bug


@bug("expiry-unchecked", "exp is not checked.", "AUTH-103 AUTH-102")
def _(base):
    class Bug:
        def check_time(self, claims):
            return super().check_time({**claims, "exp": time.time() + 60})
    return Bug


@bug("audience-prefix", "An audience that begins with the own one is accepted.", "AUTH-103")
def _(base):
    class Bug:
        def check_claims(self, claims):
            if str(claims.get("aud", "")).startswith(self.audience):
                claims = {**claims, "aud": self.audience}
            return super().check_claims(claims)
    return Bug


@bug("nonce-may-be-missing", "A token without nonce gets one.", "AUTH-103")
def _(base):
    class Bug:
        def check_claims(self, claims):
            claims.setdefault("nonce", "0" * 32)
            return super().check_claims(claims)
    return Bug


@bug("refusal-is-fault", "A refused token gives a fault.", "AUTH-100")
def _(base):
    class Bug:
        def refusal(self, operation, why):
            raise sys.modules["connector"].Fault("Client", "The token was not accepted.")
    return Bug


@bug("document-type-accepted", "A document type is skipped.", "AUTH-103")
def _(base):
    class Bug:
        def parse(self, data):
            return super().parse(re.sub(rb"<!DOCTYPE[^>\[]*(\[[^\]]*\])?>", b"", data))
    return Bug


@bug("nonce-shared", "The nonce is kept in the service, so that parallel handshakes mix.", "AUTH-010 AUTH-101 AUTH-025 AUTH-033")
def _(base):
    class Bug:
        def accepted(self, claims, state):
            self.nonce = claims["nonce"]
            time.sleep(0.03)
            return super().accepted({**claims, "nonce": self.nonce}, state)
    return Bug


@bug("unsigned-accepted", "Tokens with the algorithm none are accepted.", "AUTH-103 AUTH-102")
def _(base):
    class Bug:
        def verify(self, token):
            header, payload, *_ = token.split(".") + ["", ""]
            try:
                if json.loads(base64.urlsafe_b64decode(header + "==")).get("alg", "").lower() == "none":
                    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
                    self.check_claims(claims)
                    return claims
            except (ValueError, AttributeError):
                pass
            return super().verify(token)
    return Bug


def main():
    if "--json" in sys.argv[1:]:
        print(json.dumps([{"name": name, "sentence": one[0], "ids": one[1]} for name, one in BUGS.items()], indent=1))
        return
    print("| Bug | What is wrong | Requirements |\n|---|---|---|")
    for name, one in BUGS.items():
        print(f"| `{name}` | {one[0]} | {', '.join(one[1])} |")


if __name__ == "__main__":
    main()
