"""Arithmetic of section E.2 and the checks of F.12, in exact decimals."""
from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any, NamedTuple

from texts import Message, message

decimal.DefaultContext.prec = 50                         # also for the threads of the server
decimal.setcontext(decimal.Context(prec=50))

ZERO = Decimal(0)
HUNDRED = Decimal(100)
UNKNOWN = Decimal("-79228162514264337593543950335")      # B.7, "not known"
UNKNOWN_BELOW = Decimal("-7.9e28")
LEVELS = ("Ok", "OkWithInfo", "Warning", "Error")        # F.2, rising

LINE_APPROVAL_PERCENT = Decimal(30)
ORDER_APPROVAL_PERCENT = Decimal(15)

Carrier = dict[str, Any]


def known(amount: Decimal) -> bool:
    return amount >= UNKNOWN_BELOW


class Problem(NamedTuple):
    level: str
    text: Message


class Discount(NamedTuple):
    """What the ERP proposes: a percentage, an amount, or both agreeing with each other."""
    percent: Decimal
    amount: Decimal


class Calculator:
    """Formulas.  All methods change the carrier they are given."""

    def units(self, line: Carrier) -> Decimal:
        """Q of E.2."""
        return line["Quantity"] * line["SubscriptionQuantity"] if line["IsSubscription"] else line["Quantity"]

    def percent_of(self, part: Decimal, whole: Decimal) -> Decimal:
        return part * HUNDRED / whole if whole else ZERO

    def agreeing(self, percent: Decimal, amount: Decimal, base: Decimal) -> Discount:
        """Both ERP discount fields from the one that is set (QC-184); a pair that agrees stays as it is."""
        if percent and amount and abs(percent * base / HUNDRED - amount) < abs(amount) / 10 ** 12:
            return Discount(percent, amount)
        if percent:
            return Discount(percent, percent * base / HUNDRED)
        if amount and base:
            return Discount(self.percent_of(amount, base), amount)
        return Discount(ZERO, ZERO)

    def solve(self, c: Carrier, base: Decimal, cost: Decimal | None, keep_discount: bool = False) -> list[Problem]:
        """One of five amounts fixes the other four; base is SubTotal, cost None = not known.

        keep_discount: with override None hold the discount in force instead of copying the ERP's (QC-209).
        """
        problems: list[Problem] = []
        override = c["UserValueOverride"]
        typed_percent = c["EarningPercent"]
        if override.startswith("OverrideEarning") and cost is None:
            override = "OverrideDiscountPercent"                          # cannot be derived: hold the discount
        if override == "OverrideEarningPercent" and typed_percent == HUNDRED and cost:
            problems.append(Problem("Error", message("earning100")))
            override = "Impossible"
        if override == "None" and not keep_discount:
            c["DiscountPercent"], c["DiscountAmount"] = c["ERPDiscountPercent"], c["ERPDiscountAmount"]
            c["TotalPrice"] = base - c["DiscountAmount"]
        elif override in ("None", "OverrideDiscountPercent", "Impossible"):
            c["DiscountAmount"] = c["DiscountPercent"] * base / HUNDRED
            c["TotalPrice"] = base - c["DiscountAmount"]
        elif override == "OverrideDiscountAmount":
            c["DiscountPercent"] = self.percent_of(c["DiscountAmount"], base)
            c["TotalPrice"] = base - c["DiscountAmount"]
        else:
            if override == "OverrideEarningAmount":
                c["TotalPrice"] = cost + c["EarningAmount"]
            elif override == "OverrideEarningPercent":
                c["TotalPrice"] = cost + self.earning_of(typed_percent, cost)
            c["DiscountAmount"] = base - c["TotalPrice"]
            c["DiscountPercent"] = self.percent_of(c["DiscountAmount"], base)
        self.earnings(c, cost)
        if c["UserValueOverride"] == "OverrideEarningPercent" and cost is not None:
            c["EarningPercent"] = typed_percent                           # kept, also at a zero base (H.3 no. 34)
        return problems

    def earning_of(self, percent: Decimal, cost: Decimal) -> Decimal:
        """EarningAmount from a typed percentage: margin on price (H.3 no. 12)."""
        return cost * percent / (HUNDRED - percent) if cost else ZERO

    def earnings(self, c: Carrier, cost: Decimal | None) -> None:
        if cost is None:
            c["EarningAmount"] = c["EarningPercent"] = ZERO               # H.3 no. 35
        else:
            c["EarningAmount"] = c["TotalPrice"] - cost
            c["EarningPercent"] = self.percent_of(c["EarningAmount"], c["TotalPrice"])

    def subtotal(self, line: Carrier) -> Decimal:
        return self.units(line) * line["UnitListPrice"]

    def cost(self, line: Carrier) -> Decimal | None:
        return self.units(line) * line["UnitCost"] if known(line["UnitCost"]) else None

    def line(self, line: Carrier, order_percent: Decimal, proposal: Discount | None = None,
             keep_discount: bool = False) -> list[Problem]:
        """Calculate one line.  proposal: the ERP's discount, None = as it stands on the line."""
        line["SubTotal"] = base = self.subtotal(line)
        if proposal is None:
            proposal = Discount(line["ERPDiscountPercent"], line["ERPDiscountAmount"])
        line["ERPDiscountPercent"], line["ERPDiscountAmount"] = self.agreeing(*proposal, base)
        problems = self.solve(line, base, self.cost(line), keep_discount)
        self.spread(line, order_percent)
        return problems

    def spread(self, line: Carrier, order_percent: Decimal) -> None:
        line["TotalPriceWithAlternativeDiscount"] = line["TotalPrice"] * (1 - order_percent / HUNDRED)

    def alternative(self, alt: Carrier, lines: list[Carrier], proposal: Discount | None = None,
                    keep_discount: bool = False) -> list[Problem]:
        """Calculate the alternative over lines that are calculated already."""
        alt["SubTotal"] = base = self.alternative_base(lines)
        costs = [self.cost(line) for line in lines]
        cost = None if None in costs else sum(costs, ZERO)
        if proposal is None:
            proposal = Discount(alt["ERPDiscountPercent"], alt["ERPDiscountAmount"])
        alt["ERPDiscountPercent"], alt["ERPDiscountAmount"] = self.agreeing(*proposal, base)
        problems = self.solve(alt, base, cost, keep_discount)
        for line in lines:
            self.spread(line, alt["DiscountPercent"])
        alt["VAT"] = self.vat(lines)
        return problems

    def alternative_base(self, lines: list[Carrier]) -> Decimal:
        return sum((line["TotalPrice"] for line in lines), ZERO)

    def vat(self, lines: list[Carrier]) -> Decimal:
        """An amount on alternatives; values below 0 are skipped (E.2)."""
        return sum((line["TotalPriceWithAlternativeDiscount"] * line["VAT"] / HUNDRED for line in lines
                    if line["TotalPriceWithAlternativeDiscount"] > 0 and line["VAT"] > 0), ZERO)


class Checks:
    """Situations of F.12 with this connector's own levels."""

    def line(self, line: Carrier, calculator: Calculator, check_minimum: bool) -> list[Problem]:
        found: list[Problem] = []
        units, total, minimum = calculator.units(line), line["TotalPrice"], line["UnitMinimumPrice"]
        if check_minimum and known(minimum):
            if line["UnitListPrice"] < minimum:                           # QC-095, H.3 no. 31
                found.append(Problem("Error", message("belowminprice", price=plain(line["UnitListPrice"]),
                                                      min=plain(minimum))))
            elif units > 0 and total < minimum * units:
                found.append(Problem("Warning", message("netbelowmin", min=plain(minimum))))
        cost = calculator.cost(line)
        if cost is not None and 0 < total < cost:
            found.append(Problem("OkWithInfo", message("belowcost")))
        if total < 0:
            found.append(Problem("Warning", message("negative")))
        elif total == 0:
            found.append(Problem("OkWithInfo", message("zero")))
        if total >= 0 and line["DiscountPercent"] > LINE_APPROVAL_PERCENT:
            found.append(Problem("Warning", message("bigdiscount", limit=LINE_APPROVAL_PERCENT)))
        return found

    def alternative(self, alt: Carrier, lines: list[Carrier]) -> list[Problem]:
        found: list[Problem] = []
        if alt["TotalPrice"] < 0:
            found.append(Problem("Warning", message("negative")))
        elif lines and alt["TotalPrice"] == 0:
            found.append(Problem("OkWithInfo", message("zero")))
        if alt["DiscountPercent"] > ORDER_APPROVAL_PERCENT:
            found.append(Problem("Warning", message("bigdiscount", limit=ORDER_APPROVAL_PERCENT)))
        return found


def highest(levels: list[str]) -> str:
    return max(levels, key=LEVELS.index, default="Ok")


def plain(amount: Decimal) -> str:
    """An amount inside a text: two decimals, period (QC-063); huge ones as they are."""
    return f"{amount:.2f}" if abs(amount) < Decimal(10) ** 20 else f"{amount:.3E}"
