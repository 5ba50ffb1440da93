/// What a share lets its receiver do.
package enum SharePermissions: Sendable, Equatable {
    /// None were named, or only the literal property name that Nextcloud and ownCloud send.
    ///
    /// A condition that limits permissions takes this as everything; a token for such a share
    /// carries no limit by method, since only the backend knows.
    case unspecified
    /// Exactly these, in the order in which they were written; words that we do not know are kept.
    case named([String])

    /// The words that all drafts share.
    package static let known = ["read", "write", "share"]

    /// The literal text that stands for "ask by PROPFIND" in Nextcloud's and ownCloud's messages.
    package static let literal = "{http://open-cloud-mesh.org/ns}share-permissions"

    /// Whether a permission is granted; all are where none is named.
    package func includes(_ permission: String) -> Bool {
        switch self {
        case .unspecified: true
        case .named(let names): names.contains(permission)
        }
    }

    /// The list that says as much to who wants one: where none is named, all that are known.
    var listed: [JSONValue] {
        switch self {
        case .unspecified: Self.known.map { .string($0) }
        case .named(let names): names.map { .string($0) }
        }
    }

    /// What is left where both hold.
    package func intersection(_ other: SharePermissions) -> SharePermissions {
        switch (self, other) {
        case (.unspecified, _): other
        case (_, .unspecified): self
        case (.named(let a), .named(let b)): .named(a.filter { b.contains($0) })
        }
    }
}

/// What a share demands of its receiver; the older names fall together with the newer.
package enum ShareRequirement: Sendable, Hashable {
    case mustExchangeToken
    case mustUseMFA
    case other(String)

    package init(spelled word: String) {
        switch word {
        case "must-exchange-token", "use-code": self = .mustExchangeToken
        case "must-use-mfa", "mfa-enforced": self = .mustUseMFA
        default: self = .other(word)
        }
    }

    /// The word of the newest draft.
    package var word: String {
        switch self {
        case .mustExchangeToken: "must-exchange-token"
        case .mustUseMFA: "must-use-mfa"
        case .other(let word): word
        }
    }
}
