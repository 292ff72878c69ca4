"""Carriers of section E as tables, and the tolerant reader for requests.

Request data is held as plain dicts with the contract's property names.  The reader matches
names in any letter case (QC-053), drops unknown members (QC-054), fills value types that are
absent or null with their default (QC-055) and refuses wrong types with 400.
"""
from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, NamedTuple

MIN_DATE = "0001-01-01T00:00:00"

ENUMS: dict[str, tuple[str, ...]] = {                                   # F.1 to F.8
    "ResponseState": ("Ok", "OkWithInfo", "Warning", "Error"),
    "QuoteStatusInfo": ("Ok", "OkWithInfo", "Warning", "Error"),
    "ExtraDataFieldTypeInfo": ("String", "Url", "Image"),
    "ValueOverrideInfo": ("None", "OverrideTotal", "OverrideDiscountPercent", "OverrideDiscountAmount",
                          "OverrideEarningPercent", "OverrideEarningAmount"),
    "QuoteVersionStateInfo": ("Unknown", "Draft", "DraftNotCalculated", "DraftNeedsApproval", "DraftApproved",
                              "DraftNotApproved", "Sent", "Archived", "Lost", "Sold"),
    "QuoteAction": ("Unknown", "Validate", "SendQuote", "PlaceOrder", "UpdatePrices"),
}

# Name, base type, then "Property:code"; no code = text.  i int32, h int16, n number, b boolean,
# d date-time, =X enum, X carrier, [X] array, {x} map.
_CARRIERS: dict[str, tuple[str, str]] = {
    "ProductDataInfo": ("", """
        ERPProductKey Name Description Code QuantityUnit PriceUnit IsSubscription:b
        SubscriptionUnit ItemNumber Url ProductCategoryKey ProductFamilyKey ProductTypeKey
        Supplier SupplierCode Thumbnail VATInfo VAT:n UnitCost:n UnitMinimumPrice:n
        UnitListPrice:n ExtraInfo:[ProductExtraDataFieldInfo] RawExtraInfo Rights Rule
        ExtraField1 ExtraField2 ExtraField3 ExtraField4 ExtraField5"""),
    "ProductInfo": ("ProductDataInfo", """
        ERPPriceListKey InAssortment:b InStock:n DefaultSubscriptionQuantity:n"""),
    "ProductExtraDataFieldInfo": ("", """
        Name Type:=ExtraDataFieldTypeInfo Value"""),
    "QuoteLineInfo": ("ProductDataInfo", """
        QuoteLineId:i ERPQuoteLineKey QuoteAlternativeId:i Status:=QuoteStatusInfo Reason
        Quantity:n SubscriptionQuantity:n SubscriptionStart:d DeliveredQuantity:n Rank:i
        ERPDiscountAmount:n ERPDiscountPercent:n DiscountAmount:n DiscountPercent:n
        UserValueOverride:=ValueOverrideInfo EarningAmount:n EarningPercent:n SubTotal:n
        TotalPrice:n TotalPriceWithAlternativeDiscount:n"""),
    "QuoteAlternativeInfo": ("", """
        QuoteAlternativeId:i ERPQuoteAlternativeKey QuoteVersionId:i Name Description
        Status:=QuoteStatusInfo Reason ERPDiscountPercent:n ERPDiscountAmount:n
        DiscountPercent:n DiscountAmount:n UserValueOverride:=ValueOverrideInfo VATInfo VAT:n
        EarningAmount:n EarningPercent:n SubTotal:n TotalPrice:n ExtraField1 ExtraField2
        ExtraField3 ExtraField4 ExtraField5"""),
    "QuoteAlternativeWithLinesInfo": ("", """
        CRMAlternative:QuoteAlternativeInfo CRMQuoteLines:[QuoteLineInfo]"""),
    "QuoteVersionInfo": ("", """
        QuoteVersionId:i ERPQuoteVersionKey QuoteId:i Description Number
        State:=QuoteVersionStateInfo ArchivedState:=QuoteVersionStateInfo
        LikelyQuoteAlternativeId:i SentDate:d FollowupId:i ExpirationDate:d DeliveryCountryId:i
        HasOwnDeliveryAddress:b InvoiceCountryId:i HasOwnInvoiceAddress:b ERPPaymentTermsKey
        ERPPaymentTypeKey ERPDeliveryTermsKey ERPDeliveryTypeKey Rank:i Status:=QuoteStatusInfo
        Reason ApprovedBy:i ApprovedText ApprovedRegisteredBy:i ApprovedRegisteredDate:d
        ExtraField1 ExtraField2 ExtraField3 ExtraField4 ExtraField5 LastRecalculated:d Updated:d
        RequestAssociateId:i RequestComment"""),
    "QuoteInfo": ("", """
        QuoteId:i SaleId:i QuoteConnectionId:i ERPQuoteKey ERPOrderKey ActiveQuoteVersionId:i
        AcceptedQuoteAlternativeId:i DocumentId:i PoNumber OrderComment PreferredCulture"""),
    "QuoteContextInfo": ("", """
        CRMAssociate:UserInfo CRMCompany:ContactInfo CRMPerson:PersonInfo CRMProject:ProjectInfo
        CRMSale:SaleInfo CRMForeignKeys:[ForeignKeyInfo] CRMQuote:QuoteInfo
        CRMQuoteVersion:QuoteVersionInfo InvoiceAddress:AddressInfo DeliveryAddress:AddressInfo
        EISConnectionId:i EISConnectionGuid ERPCompanyKey ERPPersonKey ERPProjectKey ERPSaleKey
        UserLanguageCode"""),
    "QuoteAlternativeContextInfo": ("QuoteContextInfo", """
        CRMAlternativeWithLines:QuoteAlternativeWithLinesInfo"""),
    "QuoteVersionContextInfo": ("QuoteContextInfo", """
        CRMAlternativesWithLines:[QuoteAlternativeWithLinesInfo]"""),
    "UserInfo": ("", """
        AssociateId:i AssociateName FullName Email RoleId:i RoleName CountryId:i CountryName
        CountryDomainName FunctionRights:[s] Licenses:[s]"""),
    "ContactInfo": ("", """
        ContactId:i Name Department OrganisationNumber Phone PhoneId:i Fax FaxId:i FaxStripped
        EMail EMailId:i Web WebId:i AddressLine1 PostalAddressLine1 PostalAddressLine2
        PostalAddressLine3 PostalAddressCity PostalAddressCityFull PostalAddressZip
        PostalAddressPrefix PostalAddressState PostalAddressZipCity PostalAddressCounty
        StreetAddressLine1 StreetAddressLine2 StreetAddressLine3 StreetAddressCityFull
        StreetAddressCity StreetAddressZip StreetAddressZipGerman PostalAddressLine1And3
        StreetAddressState LineFeedAustraliaUK LineFeedGermany Category Business CountryCode
        Country Country2 CountryId:i CountryEnglish County PostCode CountyZipUK OurContact Code
        Number UserDefinedFields:UserDefinedFieldCarrier"""),
    "PersonInfo": ("", """
        PersonId:i AssociateId:i ContactId:i Department MrMrs FirstName MiddleName MiddleName2
        LastName PersonNumber Title Salutation Position DateOfBirth MobilePhone MobilePhoneId:i
        OfficePhone OfficePhoneId:i Fax FaxId:i FaxStripped PrivatePhone PrivatePhoneId:i Pager
        PagerId:i EMailId:i EMail ChatId:i Chat ChatProtocol VoipId:i Voip VoipService Url
        UrlId:i Nomailing:b UsePersonAddress:b PostalAddressLine1 PostalAddressLine1Extended
        PostalAddressLine2 PostalAddressLine3 PostalAddressCity PostalAddressCityFull
        PostalAddressZip PostalAddressState PostalAddressCounty
        PostalAddressStateAmericaCanadaAustralia LineFeedGermany Country Country2 CountryCode
        CountryId:i UserDefinedFields:UserDefinedFieldCarrier"""),
    "ProjectInfo": ("", """
        ProjectId:i Name Description Manager Number EventDate PublishStartDate PublishEndDate
        Status Type Web WebId:i UserDefinedFields:UserDefinedFieldCarrier"""),
    "SaleInfo": ("", """
        SaleId:i Associate Number Title Amount:n Currency PublishStartDate PublishEndDate Type
        Stage Credited Competitor Probability:h NextDueDate Reason SaleDate Status
        UserDefinedFields:UserDefinedFieldCarrier"""),
    "AddressInfo": ("", """
        AddressLine1 AddressLine2 AddressLine3 City ZipCode CountryCode Country"""),
    "ForeignKeyInfo": ("", """
        Key RecordId:i TableName Value"""),
    "UserDefinedFieldCarrier": ("", """
        UserDefinedStringFromProgId:{s} UserDefinedDecimalFromProgId:{n}
        UserDefinedIntFromProgId:{i} UserDefinedStringFromFieldNumber:{s}
        UserDefinedDecimalFromFieldNumber:{s} UserDefinedIntFromFieldNumber:{s}"""),
    "SearchRestrictionInfo": ("", """
        FieldKey Operator Values:[s]"""),
}

# Request members of section D, as pseudo carriers.  "!" after the code: required, must not be null.
_REQUESTS: dict[str, str] = {
    "Authenticate": "",
    "GetConfigurationFields": "",
    "TestConnection": "ConnectionConfigFields:{any}",
    "GetActivePriceLists": "IsoCurrencyCode",
    "GetAllPriceLists": "IsoCurrencyCode",
    "FindProduct": "Context:QuoteAlternativeContextInfo CurrencyCode Userinput PriceListKey",
    "GetProduct": "Context:QuoteAlternativeContextInfo ErpProductKey",
    "GetProducts": "Context:QuoteAlternativeContextInfo ErpProductKeys:[s]!",
    "GetQuoteLinesFromProduct": "Context:QuoteAlternativeContextInfo ErpProductKey",
    "GetNumberOfProductImages": "ErpProductKey",
    "GetProductImage": "ErpProductKey Rank:i",
    "GetSearchableFields": "",
    "GetSearchResults": "Restrictions:[SearchRestrictionInfo]",
    "GetQuoteList": "QuoteListType:s!",
    "OnBeforeCreateQuote": "Context:QuoteAlternativeContextInfo!",
    "OnBeforeCreateQuoteVersion": "Context:QuoteVersionContextInfo!",
    "OnBeforeCreateQuoteAlternative": "Context:QuoteAlternativeContextInfo!",
    "OnAfterSaveQuote": "Context:QuoteAlternativeContextInfo!",
    "OnBeforeDeleteQuote": "Quote:QuoteInfo! Sale:SaleInfo Contact:ContactInfo",
    "OnAfterSentQuoteVersion": "QuoteContext:QuoteVersionContextInfo!",
    "OnQuoteLineChanged": "Context:QuoteAlternativeContextInfo QuoteLine:QuoteLineInfo! ChangedFields:[s]",
    "RecalculateQuoteAlternative": "Context:QuoteAlternativeContextInfo!",
    "ValidateQuoteVersion": "Context:QuoteVersionContextInfo! Action:=QuoteAction",
    "UpdateQuoteVersionPrices": "Context:QuoteVersionContextInfo! WriteableFields:[s]",
    "PlaceOrder": "Context:QuoteAlternativeContextInfo!",
    "GetOrderState": "Context:QuoteAlternativeContextInfo!",
    "GetAddresses": "Context:QuoteAlternativeContextInfo!",
}

DATE = re.compile(r"^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d{1,7})?(Z|[+-]\d{2}:\d{2})?$")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class BadRequest(Exception):
    """The request does not fit the contract: answered 400 (B.3)."""


class Property(NamedTuple):
    name: str
    code: str
    required: bool


class Spec:
    """Compiled property table of one carrier or request."""

    def __init__(self, properties: list[Property]) -> None:
        self.exact = {p.name: p for p in properties}
        self.folded = {p.name.lower(): p for p in properties}
        self.defaults = [(p.name, default_of(p.code)) for p in properties if default_of(p.code) is not None]
        self.required = [p.name for p in properties if p.required]


def default_of(code: str) -> Any:
    """Default of an absent or null value type (QC-055); None for texts, arrays and objects."""
    if code in ("i", "h"):
        return 0
    if code == "n":
        return Decimal(0)
    if code == "b":
        return False
    if code == "d":
        return MIN_DATE
    if code.startswith("="):
        return ENUMS[code[1:]][0]
    return None


def _compile(text: str) -> list[Property]:
    found = []
    for word in text.split():
        name, _, code = word.partition(":")
        found.append(Property(name, code.rstrip("!") or "s", code.endswith("!")))
    return found


def _properties(name: str) -> list[Property]:
    base, text = _CARRIERS[name]
    return (_properties(base) if base else []) + _compile(text)


SPECS: dict[str, Spec] = {name: Spec(_properties(name)) for name in _CARRIERS}
REQUESTS: dict[str, Spec] = {name: Spec(_compile(text)) for name, text in _REQUESTS.items()}


def is_date(text: str) -> bool:
    """B.6: the pattern, and a day and time that exist."""
    m = DATE.match(text)
    if not m:
        return False
    year, month, day, hour, minute, second = (int(g) for g in m.groups()[:6])
    if not (year and 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] and hour < 24 and minute < 60 and second < 60):
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return leap or (month, day) != (2, 29)


class Reader:
    """Turns parsed JSON into carriers."""

    def request(self, operation: str, raw: Any) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise BadRequest(f"The body of {operation} must be a JSON object.")
        spec = REQUESTS[operation]
        message = self.members(spec, raw, operation)
        for name in spec.required:
            if message.get(name) is None:
                raise BadRequest(f"{name} is required.")
        return message

    def members(self, spec: Spec, raw: dict[str, Any], path: str) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, value in raw.items():
            prop = self.match(spec, key, raw)
            if prop is not None:
                out[prop.name] = self.value(prop.code, value, f"{path}.{prop.name}")
        for name, default in spec.defaults:
            if name not in out:
                out[name] = default
        return out

    def match(self, spec: Spec, key: str, raw: dict[str, Any]) -> Property | None:
        """The property a member name means; an exact spelling wins over a variant of it."""
        prop = spec.exact.get(key)
        if prop is None:
            prop = spec.folded.get(key.lower())
            if prop is not None and prop.name in raw:
                return None
        return prop

    def value(self, code: str, raw: Any, path: str) -> Any:
        if raw is None:
            return default_of(code)
        head = code[0]
        if code == "s":
            if isinstance(raw, str):
                return raw
        elif code == "n":
            return self.number(raw, path)
        elif code in ("i", "h"):
            return self.integer(raw, 2 ** 31 if code == "i" else 2 ** 15, path)
        elif code == "b":
            if isinstance(raw, bool):
                return raw
        elif code == "d":
            if isinstance(raw, str) and self.is_date(raw):
                return raw
        elif head == "=":
            if isinstance(raw, str):                     # unknown names are read as default (H.3 no. 38)
                return raw if raw in ENUMS[code[1:]] else ENUMS[code[1:]][0]
        elif code == "{any}":                            # configuration values: whatever was entered
            if isinstance(raw, dict):
                return {str(k): v for k, v in raw.items()}
        elif head == "{":
            if isinstance(raw, dict):
                return {k: self.value(code[1:-1], v, path) for k, v in raw.items()}
        elif head == "[":
            if isinstance(raw, list):
                inner = code[1:-1]
                if inner == "s" or inner == "SearchRestrictionInfo":
                    return [self.value(inner, v, path) for v in raw]
                return [self.value(inner, v, path) for v in raw if v is not None]
        elif isinstance(raw, dict):
            return self.members(SPECS[code], raw, path)
        raise BadRequest(f"{path} has the wrong type.")

    def is_date(self, text: str) -> bool:
        return is_date(text)

    def number(self, raw: Any, path: str) -> Decimal:
        if isinstance(raw, bool) or not isinstance(raw, (int, Decimal)):
            raise BadRequest(f"{path} must be a number.")
        number = Decimal(raw)
        if number and not -308 < number.adjusted() < 308:        # outside IEEE doubles (B.7)
            if number.adjusted() > 0:
                raise BadRequest(f"{path} is out of range.")
            return Decimal(0)
        return number

    def integer(self, raw: Any, limit: int, path: str) -> int:
        number = self.number(raw, path)
        if number != number.to_integral_value() or not -limit <= number < limit:
            raise BadRequest(f"{path} must be a {'32' if limit > 40000 else '16'}-bit integer.")
        return int(number)


def to_json(value: Any) -> Any:
    """Decimals to JSON numbers: whole amounts as integers, others as doubles (B.7)."""
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and abs(value) < 10 ** 15:
            return int(value)
        number = float(value)
        if number in (float("inf"), float("-inf")):
            raise OverflowError("amount outside the range of IEEE doubles")
        return number
    if isinstance(value, dict):
        return {k: to_json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(v) for v in value]
    return value
