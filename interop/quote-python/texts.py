"""User texts: per language, or as multi-language text (B.8)."""
from __future__ import annotations

from typing import NamedTuple

LANGUAGES = ("US", "GE", "NO")

# key: English, German, Norwegian.  No double quotes inside (grammar of B.8).
MESSAGES: dict[str, tuple[str, str, str]] = {
    "credentials": ("The connector does not accept these credentials.",
                    "Der Konnektor akzeptiert diese Anmeldung nicht.",
                    "Koblingen godtar ikke denne påloggingen."),
    "customer": ("This customer has no agreement with us.", "Dieser Kunde hat keinen Vertrag mit uns.",
                 "Denne kunden har ingen avtale med oss."),
    "token": ("The session has expired.", "Die Sitzung ist abgelaufen.", "Økten er utløpt."),
    "malformed": ("The request could not be read.", "Die Anfrage ist nicht lesbar.",
                  "Forespørselen kunne ikke leses."),
    "mediatype": ("Only JSON is accepted.", "Nur JSON wird angenommen.", "Bare JSON godtas."),
    "toolarge": ("The request is too large.", "Die Anfrage ist zu groß.", "Forespørselen er for stor."),
    "method": ("Only POST is accepted.", "Nur POST wird angenommen.", "Bare POST godtas."),
    "unsupported": ("The connector does not offer this function.", "Diese Funktion gibt es hier nicht.",
                    "Koblingen tilbyr ikke denne funksjonen."),
    "fault": ("Something went wrong in the connector.", "Im Konnektor ist ein Fehler aufgetreten.",
              "Noe gikk galt i koblingen."),
    "amounts": ("The amounts are too large to calculate with.", "Die Beträge sind zu groß.",
                "Beløpene er for store."),
    "nokey": ("No product was named.", "Es wurde kein Artikel angegeben.", "Ingen vare er oppgitt."),
    "noproduct": ("The product {key} does not exist.", "Den Artikel {key} gibt es nicht.",
                  "Varen {key} finnes ikke."),
    "criterion": ("The search criterion cannot be used.", "Das Suchkriterium ist nicht brauchbar.",
                  "Søkekriteriet kan ikke brukes."),
    "mandatory": ("The field {field} must be filled in.", "Das Feld {field} muss ausgefüllt sein.",
                  "Feltet {field} må fylles ut."),
    "badvalue": ("The value of the field {field} is not usable.", "Der Wert im Feld {field} ist ungültig.",
                 "Verdien i feltet {field} kan ikke brukes."),
    "unreachable": ("The ERP system does not answer under this address.",
                    "Das ERP-System antwortet unter dieser Adresse nicht.",
                    "ERP-systemet svarer ikke på denne adressen."),
    "login": ("The ERP system refused the password.", "Das ERP-System hat das Passwort abgelehnt.",
              "ERP-systemet avviste passordet."),
    "connected": ("Connected, {count} price lists found.", "Verbunden, {count} Preislisten gefunden.",
                  "Tilkoblet, fant {count} prislister."),
    "blocked": ("The customer is blocked for new quotes.", "Der Kunde ist für neue Angebote gesperrt.",
                "Kunden er sperret for nye tilbud."),
    "credit": ("The credit limit does not cover this order.", "Das Kreditlimit reicht für diesen Auftrag nicht.",
               "Kredittgrensen dekker ikke denne ordren."),
    "noquote": ("There is no quote to order.", "Es gibt kein Angebot zu bestellen.", "Det finnes ikke noe tilbud."),
    "ordered": ("Order {key} has been created.", "Auftrag {key} wurde angelegt.", "Ordre {key} er opprettet."),
    "otherorder": ("The quote has already been ordered as {key}.", "Das Angebot wurde schon als {key} bestellt.",
                   "Tilbudet er allerede bestilt som {key}."),
    "noorder": ("The order is not known.", "Der Auftrag ist unbekannt.", "Ordren er ikke kjent."),
    "delivered": ("The order has been delivered in part.", "Der Auftrag ist teilweise geliefert.",
                  "Ordren er delvis levert."),
    "replanned": ("The order has been replanned by the warehouse.", "Das Lager hat den Auftrag umgeplant.",
                  "Lageret har planlagt ordren på nytt."),
    "outstanding": ("{rest} units are still to come.", "{rest} Stück folgen noch.", "{rest} enheter kommer senere."),
    "gone": ("The product is not known any more; prices were kept.",
             "Der Artikel ist nicht mehr bekannt; Preise unverändert.",
             "Varen finnes ikke lenger; prisene er beholdt."),
    "assortment": ("The product has been discontinued.", "Der Artikel ist ausgelaufen.", "Varen er utgått."),
    "expired": ("The price list is not valid today.", "Die Preisliste gilt heute nicht.",
                "Prislisten gjelder ikke i dag."),
    "belowcost": ("The price is below cost.", "Der Preis liegt unter den Kosten.", "Prisen er under kost."),
    "belowminprice": ("The list price {price} is below the minimum price {min}.",
                      "Der Listenpreis {price} liegt unter dem Mindestpreis {min}.",
                      "Listeprisen {price} er under minsteprisen {min}."),
    "netbelowmin": ("The net price is below the minimum price {min}.",
                    "Der Nettopreis liegt unter dem Mindestpreis {min}.",
                    "Nettoprisen er under minsteprisen {min}."),
    "zero": ("The total is zero.", "Der Betrag ist null.", "Summen er null."),
    "negative": ("The total is negative.", "Der Betrag ist negativ.", "Summen er negativ."),
    "earning100": ("An earning of 100 percent is not possible.", "Ein Ertrag von 100 Prozent ist nicht möglich.",
                   "En fortjeneste på 100 prosent er ikke mulig."),
    "bigdiscount": ("A discount above {limit} percent must be approved.",
                    "Ein Rabatt über {limit} Prozent muss genehmigt werden.",
                    "Rabatt over {limit} prosent må godkjennes."),
    "approval": ("Approval is needed before sending.", "Vor dem Versand ist eine Freigabe nötig.",
                 "Tilbudet må godkjennes før det sendes."),
    "lineerrors": ("Some lines must be corrected first.", "Einige Zeilen müssen zuerst korrigiert werden.",
                   "Noen linjer må rettes først."),
    "versionexpired": ("The quote has expired.", "Das Angebot ist abgelaufen.", "Tilbudet er utløpt."),
    "pricesleft": ("Some prices could not be updated.", "Einige Preise konnten nicht aktualisiert werden.",
                   "Noen priser kunne ikke oppdateres."),
}


class Message(NamedTuple):
    """A text by key with its values; rendered late, when the language is known."""
    key: str
    values: tuple[tuple[str, str], ...] = ()


def message(key: str, /, **values: object) -> Message:
    return Message(key, tuple((k, str(v)) for k, v in values.items()))


class Texts:
    """Renders messages."""

    def language(self, culture: str | None) -> str | None:
        """SuperOffice language code of a .NET culture name; None = not one of ours."""
        start = (culture or "").split("-")[0].lower()
        return {"en": "US", "de": "GE", "nb": "NO", "nn": "NO", "no": "NO"}.get(start)

    def one(self, msg: Message, language: str) -> str:
        text = MESSAGES[msg.key][LANGUAGES.index(language)]
        for name, value in msg.values:
            text = text.replace("{" + name + "}", value[:80])
        return text

    def render(self, messages: list[Message], language: str | None) -> str:
        """Several messages in one language, or in all of them as one multi-language text."""
        if not messages:
            return ""
        if language:
            return " ".join(self.one(m, language) for m in messages)[:2000]
        return ";".join(f'{code}:"{self.quoted(" ".join(self.one(m, code) for m in messages))}"'
                        for code in LANGUAGES)

    def quoted(self, text: str) -> str:
        return text.replace('"', "'")[:600]
