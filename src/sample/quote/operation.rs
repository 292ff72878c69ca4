//! The 28 operations of the contract, and which of them a variant offers.

use std::fmt;

use crate::sample::Variant;

macro_rules! operations {
    ($($name:ident),+ $(,)?) => {
        /// One operation; its name is the last part of the URL, letter for letter.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($name),+
        }

        impl Operation {
            /// All operations, in the order of the contract.
            #[cfg(test)]
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The operation with exactly this name.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)+
                    _ => None,
                }
            }

            /// Its name in the URL.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name)),+
                }
            }
        }
    };
}

operations!(
    Authenticate,
    GetConfigurationFields,
    TestConnection,
    GetCapabilities,
    GetActivePriceLists,
    GetAllPriceLists,
    FindProduct,
    GetProduct,
    GetProducts,
    GetQuoteLinesFromProduct,
    GetNumberOfProductImages,
    GetProductImage,
    GetSearchableFields,
    GetSearchResults,
    GetQuoteList,
    OnBeforeCreateQuote,
    OnBeforeCreateQuoteVersion,
    OnBeforeCreateQuoteAlternative,
    OnAfterSaveQuote,
    OnBeforeDeleteQuote,
    OnAfterSentQuoteVersion,
    OnQuoteLineChanged,
    RecalculateQuoteAlternative,
    ValidateQuoteVersion,
    UpdateQuoteVersionPrices,
    PlaceOrder,
    GetOrderState,
    GetAddresses,
);

impl Operation {
    /// Whether a connector of this variant offers the operation; the others are
    /// answered 404.
    pub fn offered(self, variant: Variant) -> bool {
        match variant {
            Variant::Full | Variant::NoSearch => true,
            Variant::ReadOnly => !matches!(self, Self::PlaceOrder | Self::GetOrderState),
            Variant::Minimal => matches!(
                self,
                Self::Authenticate
                    | Self::TestConnection
                    | Self::GetCapabilities
                    | Self::GetActivePriceLists
                    | Self::FindProduct
                    | Self::GetProduct
                    | Self::GetQuoteLinesFromProduct
            ),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_letter_for_letter() {
        assert_eq!(Operation::ALL.len(), 28);
        assert!(
            Operation::ALL
                .iter()
                .all(|op| Operation::named(op.name()) == Some(*op))
        );
        assert_eq!(Operation::named("findproduct"), None);
    }
}
