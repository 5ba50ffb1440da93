/// What a request is for, by its method and canonical path.
package enum Route: Sendable, Equatable {
    /// `/.well-known/ocm`, `/ocm-provider` and all their spellings.
    case discovery
    /// `/ocs-provider/`: where old servers look for the older API and its WebDAV path.
    case ocsProvider
    /// The gateway's own key set.
    case jwks
    /// The OCM API, at the backend's `endPoint` or at `/ocm`.
    case ocm(OCMEndpoint)
    /// The gateway's token endpoint.
    case token
    /// The older federation API.
    case ocs(OCSCall)
    /// Shared data.
    case webdav(WebDAVRoute)
    /// Nextcloud's `shareinfo?t=<secret>`: its 401, 403 and 404 delete mounts.
    case shareInfo
    /// Where the body may name a public link: a visitor adds it to a server of their own, of which the
    /// backend makes a share, or opens a document of it.
    case linkShare(LinkBody)
    /// What an application of the backend's says to other servers past OCM.
    case application(ApplicationMessage)
    /// Where the server of an invited person is looked for, without a login: OpenCloud and CERNBox would ask any
    /// host for its document.
    case inviteDialog
    /// `status.php`, asked by clients and by servers before they delete a mount.
    case status
    /// Everything else.
    case passThrough
    /// A path of the gateway's with a method that it does not take; the value is for `Allow`.
    case methodNotAllowed(allow: String)
    /// Below `/ocm`, and nothing that OCM knows: never forwarded.
    case unknownEndpoint
    /// What would be one of these if the backend lived in some folder, or had its API elsewhere, while
    /// its document has not said where.
    case unplaced(RouteFamily)
    /// What would be one of these, and is in another folder than the one that its document names.
    case elsewhere(RouteFamily)
}

/// What a body may hold that may name a public link.
package enum LinkBody: Sendable, Equatable {
    /// Parameters alone.
    case parameters
    /// A document beside them, which is written to where they say.
    case document
}

/// What an application of Nextcloud's says to other servers by itself, in words that no policy can judge.
package enum ApplicationMessage: Sendable, CaseIterable {
    /// What somebody did in a share, which nobody signs: the path holds its secret.
    case activity
    /// The life of a federated team, signed by a key of the app's own; its shares hold permanent secrets.
    case teams
}

/// The four messages of the OCM API.
package enum OCMEndpoint: String, Sendable, CaseIterable {
    case shares
    case notifications
    case inviteAccepted = "invite-accepted"
    case requestShare = "request-share"
}

/// A call of the older federation API (`/ocs/v1.php` and `/ocs/v2.php`).
package struct OCSCall: Sendable, Equatable {
    package let version: Version
    package let action: OCSAction

    /// The version decides the status of failures: v1 says 200 and puts the code into the body.
    package enum Version: Sendable, Equatable {
        case v1, v2
    }

    package init(version: Version, action: OCSAction) {
        self.version = version
        self.action = action
    }
}

/// What a call of the older API does (`legacy-wire.md` 2.4).
package enum OCSAction: Sendable, Equatable {
    /// `POST cloud/shares`; ownCloud also takes it at `cloud` itself.
    case share
    /// `POST cloud/shares/{id}/{verb}`; the id is the receiver's name for the share.
    case change(id: String, OCSVerb)
    /// Anything else below `cloud/shares`: refused.
    case unknown
}

/// What becomes of a share by the older API, as the last segment of a path.
package enum OCSVerb: String, Sendable, CaseIterable {
    case accept, decline, reshare, permissions, revoke, unshare, move

    /// By the last segment of a path.
    init?(named name: some StringProtocol) {
        if name == Self.nextcloudsRevoke {
            self = .revoke
        } else {
            self.init(rawValue: String(name))
        }
    }

    /// What Nextcloud says for `revoke`, after the OCM message; no server knows it by that.
    fileprivate static let nextcloudsRevoke = "reshare_undo"
}

extension OCSAction {
    /// The path at which a call that came at this one goes on: `reshare_undo` is `revoke` there.
    package func onward(_ path: String) -> String {
        guard case .change(_, let verb) = self, let last = path.split(separator: "/").last,
            last == OCSVerb.nextcloudsRevoke
        else { return path }
        return path[..<last.startIndex] + verb.rawValue
    }
}

/// A path below one of the places where backends serve shared data.
package struct WebDAVRoute: Sendable, Equatable {
    package let root: WebDAVRoot
    /// The canonical path up to the root, without a slash at its end: `/public.php/webdav`.
    package let prefix: String
    /// The segment that names the share, percent-decoded, when it is in the path.
    package let share: String?
    /// What follows the share, still escaped; empty or starting with a slash.
    package let rest: String

    package init(root: WebDAVRoot, prefix: String, share: String?, rest: String) {
        self.root = root
        self.prefix = prefix
        self.share = share
        self.rest = rest
    }
}

/// The places where backends serve shared data, by where the share is named.
package enum WebDAVRoot: Sendable, Equatable, CaseIterable {
    /// `/public.php/webdav`: the secret is the Basic user; public links live there too.
    case publicWebDAV
    /// `/public.php/dav/files/{token}`, `/remote.php/dav/public-files/{token}`: the secret is in the
    /// path.
    case publicFiles
    /// `/public.php/dav/uploads/{token}`: the uploads in pieces, not of what the secret in the path opens but
    /// of whose that is.
    case publicUploads
    /// `/dav/ocm/{id}`, `/remote.php/dav/ocm/{id}`, `/webdav/ocm/{id}`: the share's id is in the path.
    case ocm
    /// `/seafdav`: as `publicWebDAV`.
    case seafdav
    /// The prefix of the backend's own discovery document, when it is none of these.
    case discovered
}
