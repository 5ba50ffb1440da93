package import OpenSSL

/// A change of a share over the older federation API:
/// `POST /ocs/v2.php/cloud/shares/{id}/{verb}`, never signed, proven by the share's secret.
package struct OCSChange: Sendable {
    package let form: FormBody
    /// The receiver's name for the share.
    package let providerID: ProviderID
    package let verb: OCSVerb
    package let secret: Secret
    /// The sender's own name for it, when it says.
    package let remoteID: ProviderID?
    /// Whom a `reshare` is for.
    package let shareWith: OCMAddress?
    /// Where a `move` takes the share to.
    package let remote: PeerHost?

    /// Refused (`malformed_message`): no token, a repeated parameter, names that PHP would read as
    /// another one, a `move` without `remote`.
    package init(id: String, verb: OCSVerb, _ form: FormBody) throws(Denial) {
        let fields = try OCSFields(form)
        guard let id = ProviderID(.string(id)) else {
            throw Denial(.malformedMessage, "the id of the share is not one")
        }
        self.form = form
        self.verb = verb
        providerID = id
        secret = try fields.secret()
        remoteID = form["remoteId"] == nil ? nil : try fields.providerID("remoteId")
        shareWith = form["shareWith"].flatMap { OCMAddress($0) }
        remote = form["remote"].flatMap { PeerHost($0) ?? PeerHost(url: $0) }
        if verb == .move, remote == nil {
            throw Denial(.malformedMessage, "a move without remote")
        }
        if verb == .reshare, shareWith == nil {
            throw Denial(.malformedMessage, "a reshare without shareWith")
        }
    }

    /// The notification that says the same in OCM, under which a policy may name it.
    package var notificationType: Notification.Kind {
        switch verb {
        case .accept: .shareAccepted
        case .decline: .shareDeclined
        case .unshare: .shareUnshared
        case .reshare: .requestReshare
        case .revoke: .reshareUndo
        case .permissions: .reshareChangePermission
        case .move: .other("MOVE")
        }
    }
}

extension OCSChange: CustomStringConvertible, Redacted {
    package var description: String { "<ocs \(verb) \(providerID)>" }
}
