/// The programs that the gateway protects.
package enum BackendKind: String, Sendable, CaseIterable {
    case nextcloud, owncloud10, ocis, opencloud, cernbox, seafile, generic

    /// Whether it is of the reva family.
    package var isReva: Bool {
        switch self {
        case .ocis, .opencloud, .cernbox: true
        case .nextcloud, .owncloud10, .seafile, .generic: false
        }
    }

    /// Whether it is a Nextcloud or an ownCloud, or of no known kind.
    package var mayBePHP: Bool {
        switch self {
        case .nextcloud, .owncloud10, .generic: true
        case .ocis, .opencloud, .cernbox, .seafile: false
        }
    }

    /// Whether it is of the reva family, or of no known kind.
    var mayBeReva: Bool { isReva || self == .generic }
}

/// A backend as far as the wire is concerned: its kind, and for Nextcloud, Seafile and servers of no kind
/// that is known its age.
package struct Backend: Sendable, Equatable {
    package let kind: BackendKind
    package let age: Age

    /// How old the messages are that it reads.
    package enum Age: Sendable, Equatable {
        /// Nextcloud to 30, ownCloud 10, Seafile to 11: one shape of `protocol`, and but for Nextcloud 28
        /// to 30 no address without a scheme.
        case old
        /// Nextcloud 31 to 34: still the one shape of `protocol`, every form of address; a newer Seafile,
        /// likewise, which knows addresses without a scheme alone. A server of no known kind of which
        /// nothing tells what it reads: every shape goes to it as it came.
        case middle
        /// Nextcloud 35 and the reva family: `multi`.
        case current
    }

    package init(kind: BackendKind, age: Age) {
        self.kind = kind
        self.age = age
    }

    /// The age from what the backend says of itself: its discovery document, and the version of
    /// `status.php` (`33.0.3.2`) when somebody asked for it.
    package init(kind: BackendKind, document: DiscoveryDocument?, statusVersion: String? = nil) {
        self.kind = kind
        switch kind {
        case .owncloud10: age = .old
        case .seafile: age = document?.listsResourceTypes == true ? .middle : .old
        case .ocis, .opencloud, .cernbox: age = .current
        case .nextcloud:
            if let major = statusVersion.flatMap(Self.major) ?? document?.nextcloudMajor {
                age = major >= 35 ? .current : major >= 31 ? .middle : .old
            } else {
                age = document?.hasSignatureKey == true ? .middle : .old
            }
        case .generic:
            if document?.speaksMulti == true {
                age = .current
            } else {
                age = document?.isOfOldServers == true ? .old : .middle
            }
        }
    }

    private static func major(_ version: String) -> Int? {
        version.split(separator: ".").first.flatMap { Int($0) }
    }

    /// The form in which the backend's own generation writes addresses.
    package var addressForm: AddressForm {
        switch (kind, age) {
        case (.nextcloud, .old): .schemeAndSlash
        case (.owncloud10, _), (.seafile, .old): .scheme
        case (.nextcloud, _), (.ocis, _), (.opencloud, _), (.cernbox, _), (.seafile, _),
            (.generic, _):
            .bare
        }
    }

    /// True when the backend finds the host in an address of this form, and asks it over TLS: one
    /// with `http://` would make it send secrets in the clear to a peer that was verified over TLS.
    package func reads(_ form: AddressForm) -> Bool {
        switch (kind, age, form) {
        case (_, _, .plainScheme): false
        // It stores a host without a scheme as `host/` and fails on every access; Seafile asks at what
        // stands behind the `@`, as it is, before it answers.
        case (.nextcloud, .old, _), (.owncloud10, _, _), (.seafile, .old, _): form != .bare
        case (.nextcloud, _, _), (.generic, _, _): true
        case (.ocis, _, _), (.opencloud, _, _), (.cernbox, _, _), (.seafile, _, _): form == .bare
        }
    }

    /// How the backend takes the permanent secret of a share on WebDAV.
    package var credential: Credential {
        kind.isReva ? .bearer : .basic
    }

    /// How a share's secret is shown to it.
    package enum Credential: Sendable, Equatable {
        /// `Basic base64(secret ":")`.
        case basic
        /// `Bearer secret`.
        case bearer
    }
}
