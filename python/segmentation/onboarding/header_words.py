"""What headers call the columns of the contract, in the languages that exports are written in."""

from __future__ import annotations

import re
import unicodedata

# Words are compared without case, accents and signs. An earlier word is a better one.
WORDS: dict[str, tuple[str, ...]] = {
    "customer_id": (
        *("customer id", "customer", "cust id", "client id", "client", "user id", "member id"),
        *("household id", "buyer id", "account id", "person id", "shopper id", "contact id"),
        *("kundennummer", "kunden nr", "kundennr", "kunden id", "kunde", "kd nr", "id client"),
        *("numero client", "code client", "cliente", "id cliente", "id pelanggan", "pelanggan"),
        *("customer no", "customer number", "customer key", "client no", "client number", "email"),
        *("e mail", "id"),
    ),
    "identity_id": ("identity id", "person key", "master id"),
    "birth_year": (
        *("birth year", "year birth", "year of birth", "born", "yob", "geburtsjahr"),
        *("annee de naissance", "ano de nacimiento", "tahun lahir"),
        *("birth date", "date of birth", "birthdate", "birthday", "dob", "geburtsdatum"),
        *("date de naissance", "fecha de nacimiento"),
    ),
    "age": ("age", "alter", "edad", "umur", "usia"),
    "gender": ("gender", "sex", "geschlecht", "sexe", "genero", "jenis kelamin", "anrede"),
    "marital_status": ("marital status", "familienstand", "etat civil", "estado civil", "status"),
    "education": ("education", "bildung", "abschluss", "education level", "pendidikan"),
    "profession": ("profession", "occupation", "job", "beruf", "profesi", "pekerjaan"),
    "residence_type": ("residence type", "tipe residen", "wohnform", "dwelling"),
    "home_ownership": ("home ownership", "homeowner", "home owner"),
    "household_size": ("household size", "family size", "haushaltsgrosse", "household comp"),
    "children": ("children", "kids", "kids count", "kinder", "enfants"),
    "income": ("income", "annual income", "yearly income", "einkommen", "revenu annuel"),
    "annual_spend": (
        *("annual spend", "yearly spend", "nilaibelanjasetahun", "nilai belanja setahun"),
        "jahresumsatz",
    ),
    "work_experience_years": ("work experience", "years of experience", "berufsjahre"),
    "spending_level": ("spending score", "spending level"),
    "joined_on": (
        *("joined on", "joined", "signup date", "sign up date", "signed up", "registration date"),
        *("registered", "created at", "customer since", "dt customer", "kunde seit", "since"),
        *(
            "anmeldedatum",
            "registriert",
            "client depuis",
            "date d inscription",
            "enrolled",
            "member since",
        ),
    ),
    "known_segment": (
        "segment",
        "segmentation",
        "known segment",
        "label",
        "cluster",
        "kundengruppe",
    ),
    "order_id": (
        *("order id", "order no", "order number", "order", "invoice no", "invoice", "invoice id"),
        *("invoice number", "invoiceno", "basket id", "transaction id", "receipt id", "receipt"),
        *(
            "rechnungs nr",
            "rechnungsnummer",
            "rechnung",
            "bestellnummer",
            "bestell nr",
            "bestellung",
        ),
        *("auftragsnummer", "beleg nr", "belegnummer", "bon", "commande", "numero commande"),
        *("facture", "pedido", "factura", "transaction", "sales id"),
    ),
    "ordered_at": (
        *("ordered at", "order date", "invoice date", "invoicedate", "purchase date", "order time"),
        *("transaction timestamp", "transaction date", "timestamp", "date", "datetime", "datum"),
        *("rechnungsdatum", "bestelldatum", "belegdatum", "kaufdatum", "date commande", "fecha"),
        *("created at", "tanggal", "sold on", "order purchase timestamp", "day"),
    ),
    "items": (
        *(
            "quantity",
            "qty",
            "items",
            "menge",
            "anzahl",
            "stuck",
            "quantite",
            "qte",
            "cantidad",
            "units",
        ),
        *("number of cds", "jumlah", "pieces"),
    ),
    "unit_price": (
        *("unit price", "unitprice", "price", "price each", "einzelpreis", "preis", "stuckpreis"),
        *("prix unitaire", "prix", "precio", "harga"),
    ),
    "revenue": (
        *("revenue", "total", "amount", "sales value", "sales", "order total", "total amount"),
        *("line total", "grand total", "net amount", "total price", "betrag", "umsatz", "summe"),
        *("gesamtbetrag", "gesamt", "gesamtpreis", "brutto", "netto", "montant", "importe"),
        *("total spent", "spend", "value", "dollar value", "price paid", "paid", "payment value"),
    ),
    "discount": ("discount", "retail disc", "rabatt", "remise", "descuento", "discount amount"),
    "product_category": (
        *("product category", "category", "department", "warengruppe", "kategorie", "categorie"),
        "rayon",
        *("product type", "product group", "artikelgruppe", "product department"),
    ),
    "first_purchase_on": ("first purchase", "first order", "first order date", "erster kauf"),
    "last_purchase_on": ("last purchase", "last order", "last order date", "letzter kauf"),
    "purchases": ("purchases", "orders", "number of orders", "order count", "frequency", "kaufe"),
    "campaigns_received": ("campaigns received", "campaigns", "mailings"),
    "responses": ("responses", "campaign responses"),
    "prior_responses": ("prior responses",),
    "visits": ("visits", "web visits", "sessions", "besuche"),
    "campaign_id": ("campaign id", "campaign", "kampagne", "campagne", "mailing id"),
    "sent_on": ("sent on", "sent at", "sent", "send date", "contacted on", "versanddatum"),
    "responded": ("responded", "response", "clicked", "converted", "redeemed", "reagiert"),
    "bought_on": ("bought on", "date", "datum", "purchase date"),
}

# Words in headers of columns that are about people and mean nothing for segments.
PERSONAL = (
    *("name", "mail", "phone", "telefon", "address", "adresse", "strasse", "street", "iban"),
    *("courriel", "apellido", "direccion", "cognome", "indirizzo"),
)
# Short ones count as words of their own: "nom" is no part of "economy".
PERSONAL_WORDS = ("nom", "noms", "prenom", "prenoms", "rue", "calle", "via", "tel", "fax")

CANCELLED = (
    *("cancelled", "canceled", "cancel", "storniert", "storno", "void", "voided", "annule"),
    *(
        "annulee",
        "annules",
        "annulees",
        "cancelado",
        "anulado",
        "failed",
        "abgebrochen",
        "dibatalkan",
    ),
)
# What a row is, where returns are rows of their own.
RETURNS = (
    *("refund", "refunds", "return", "returns", "retoure", "rueckgabe", "gutschrift", "retour"),
    *("avoir", "remboursement", "credit", "chargeback", "devolucion", "reembolso", "retur"),
)
# What became of an order, whose row is the sale itself.
REFUNDED = (
    *("refunded", "returned", "erstattet", "retourniert", "retournee", "retourne"),
    *("remboursee", "rembourse", "devuelto", "reembolsado"),
)
TESTS = ("test", "dummy", "intern", "internal", "demo")
# Texts that stand for an unknown customer.
GUESTS = (
    *("guest", "guests", "guest customer", "guest order", "guest checkout", "guest user"),
    *("gast", "gastkunde", "gastbestellung", "laufkunde", "laufkundschaft", "barkunde"),
    *("barverkauf", "anonymous", "anonym", "anonyme", "anonimo", "unknown", "unbekannt"),
    *("inconnu", "desconocido", "invite", "invitado", "client de passage", "walk in"),
    *("walk in customer", "cash customer", "cash sale", "tamu", "umum"),
)
# And where a number or a sign does: only if it repeats as no customer does.
NOBODY = ("na", "n a", "none", "null", "nan", "nil", "no customer", "default")
# What a row is called that sums up those above it, as the whole text.
SUMS = (
    *("total", "totals", "grand total", "subtotal", "sum", "sums", "sum total", "overall"),
    *("gesamt", "gesamtsumme", "summe", "summen", "zwischensumme", "gesamtergebnis", "endsumme"),
    *("totale", "totaux", "somme", "total general", "suma", "totales", "jumlah", "totaal"),
)


def bare(text: str) -> str:
    """Return words without case, accents and signs, one blank between them."""
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text).lower().replace("ß", "ss")
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def name_score(header: str, column: str) -> float:
    """Return how well a header names a column of the contract, from 0 to 1.

    A header that is one of the words has at least 0.7, one that contains one at least 0.3.
    """
    name = bare(re.sub(r"\(.*?\)|\[.*?\]", " ", header)) or bare(header)
    words = WORDS.get(column, ())
    joined = name.replace(" ", "")
    for place, word in enumerate((bare(column), *words)):
        if name == word or joined == word.replace(" ", ""):
            return 1.0 - 0.3 * place / (len(words) + 1)
    for place, word in enumerate(words):
        if len(word) > 3 and f" {word} " in f" {name} ":
            return 0.5 - 0.2 * place / (len(words) + 1)
    return 0.0


def is_personal(header: str) -> bool:
    """Return whether a header is about a person and means nothing for segments."""
    name = bare(header)
    return any(word in name for word in PERSONAL) or bool(says(header, PERSONAL_WORDS))


def says(text: str, words: tuple[str, ...]) -> str | None:
    """Return the first of some words that stands in a text as a word of its own."""
    found = set(bare(text).split())
    return next((word for word in words if word in found), None)


def names_nobody(text: str) -> bool:
    """Return whether an id stands for an unknown customer, e.g. guest@shop.com."""
    return bare(text.split("@")[0]) in GUESTS


def is_placeholder(text: str) -> bool:
    """Return whether an id may stand for no id: nothing but zeros, nines or signs, or n/a."""
    return not text.strip("0-. ") or set(text) == {"9"} or text == "-1" or bare(text) in NOBODY


def names_sums(text: str) -> bool:
    """Return whether a text is what a row of sums is called, and nothing else."""
    return bare(text) in SUMS
