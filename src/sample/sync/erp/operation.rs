//! The 17 operations, with the classes that they take and give.

macro_rules! operations {
    ($($name:ident($request:literal, $result:literal)),+ $(,)?) => {
        /// One operation of `IErpConnectorWS`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($name),+
        }

        impl Operation {
            /// All operations, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name without the prefix that all share.
            const fn stem(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name)),+
                }
            }

            /// Name of the request class; empty for the one that takes nothing.
            pub const fn request_class(self) -> &'static str {
                match self {
                    $(Self::$name => $request),+
                }
            }

            /// Name of the result class.
            pub const fn result_class(self) -> &'static str {
                match self {
                    $(Self::$name => $result),+
                }
            }
        }
    };
}

operations!(
    GetConfigData("", "FieldMetadataInfoArrayPluginResponseWS"),
    TestConfigData("TestConfigDataRequestWS", "ConnectorResultBaseWS"),
    SaveConnection("SaveConnectionRequestWS", "ConnectorResultBaseWS"),
    TestConnection("RequestBaseWS", "ConnectorResultBaseWS"),
    DeleteConnection("RequestBaseWS", "ConnectorResultBaseWS"),
    GetSupportedActorTypes("RequestBaseWS", "StringArrayPluginResponseWS"),
    GetSupportedActorTypeFields(
        "GetSupportedActorTypeFieldsRequestWS",
        "FieldMetadataInfoArrayPluginResponseWS"
    ),
    GetActors("GetActorsRequestWS", "ActorArrayPluginResponseWS"),
    GetSearchableFields(
        "GetSearchableFieldsRequestWS",
        "StringArrayPluginResponseWS"
    ),
    SearchActorsAdvanced(
        "SearchActorsAdvancedRequestWS",
        "ActorArrayPluginResponseWS"
    ),
    SearchActors("SearchActorsRequestWS", "ActorArrayPluginResponseWS"),
    SearchActorByParent("SearchActorByParentRequestWS", "ActorArrayPluginResponseWS"),
    CreateActor("CreateActorRequestWS", "ActorPluginResponseWS"),
    SaveActors("SaveActorsRequestWS", "ActorArrayPluginResponseWS"),
    GetList("GetListRequestWS", "ListItemArrayPluginResponseWS"),
    GetListItems("GetListItemsRequestWS", "ListItemArrayPluginResponseWS"),
    GetActorsByTimestamp(
        "GetActorsByTimestampRequestWS",
        "ActorArrayPluginResponseWS"
    ),
);

impl Operation {
    /// The operation with this name, letter for letter.
    pub fn named(name: &str) -> Option<Self> {
        let stem = name.strip_prefix("WS")?;
        Self::ALL.iter().copied().find(|op| op.stem() == stem)
    }

    /// Its name on the wire.
    pub fn name(self) -> String {
        format!("WS{}", self.stem())
    }
}
