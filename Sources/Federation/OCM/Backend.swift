/// The programs that the gateway protects.
package enum BackendKind: String, Sendable, CaseIterable {
    case nextcloud, owncloud10, ocis, opencloud, cernbox, seafile, generic
}

/// A backend as far as the wire is concerned: its kind, and for Nextcloud its age.
package struct Backend: Sendable, Equatable {
    package let kind: BackendKind
    package let age: Age

    /// How old the messages are that it reads.
    package enum Age: Sendable, Equatable {
        /// Nextcloud to 30, ownCloud 10, Seafile: one shape of `protocol`, and up to Nextcloud 27 no
        /// address without a scheme.
        case old
        /// Nextcloud 31 to 34: still the one shape of `protocol`, every form of address.
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
        case .owncloud10, .seafile: age = .old
        case .ocis, .opencloud, .cernbox: age = .current
        case .nextcloud:
            if let major = statusVersion.flatMap(Self.major) ?? document?.nextcloudMajor {
                age = major >= 35 ? .current : major >= 31 ? .middle : .old
            } else {
                age = document?.hasSignatureKey == true ? .middle : .old
            }
        case .generic:
            age = document?.speaksMulti == true ? .current : .middle
        }
    }

    private static func major(_ version: String) -> Int? {
        version.split(separator: ".").first.flatMap { Int($0) }
    }

    /// The form in which the backend's own generation writes addresses.
    package var addressForm: AddressForm {
        switch (kind, age) {
        case (.nextcloud, .old): .schemeAndSlash
        case (.owncloud10, _): .scheme
        case (.nextcloud, _), (.ocis, _), (.opencloud, _), (.cernbox, _), (.seafile, _),
            (.generic, _):
            .bare
        }
    }

    /// True when the backend finds the host in an address of this form.
    package func reads(_ form: AddressForm) -> Bool {
        switch (kind, age) {
        // It stores a host without a scheme as `host/` and fails on every access.
        case (.nextcloud, .old): form != .bare
        case (.nextcloud, _), (.generic, _): true
        case (.owncloud10, _): form != .bare
        case (.ocis, _), (.opencloud, _), (.cernbox, _), (.seafile, _): form == .bare
        }
    }

    /// True when no address has to be written in another form for it.
    var readsEveryForm: Bool { AddressForm.allCases.allSatisfy(reads) }

    /// How the backend takes the permanent secret of a share on WebDAV.
    package var credential: Credential {
        switch kind {
        case .nextcloud, .owncloud10, .seafile, .generic: .basic
        case .ocis, .opencloud, .cernbox: .bearer
        }
    }

    package enum Credential: Sendable, Equatable {
        /// `Basic base64(secret ":")`.
        case basic
        /// `Bearer secret`.
        case bearer
    }
}
