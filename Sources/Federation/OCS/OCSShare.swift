package import OpenSSL

/// A share over the older federation API: `POST /ocs/v2.php/cloud/shares`, never signed.
package struct OCSShare: Sendable {
    /// The parameters, with the sharer's address in full where only the account stood and holds an `@`.
    package let form: FormBody
    /// The account on our side; no host.
    package let shareWith: String
    package let secret: Secret
    package let name: String
    package let providerID: ProviderID
    package let owner: OCMAddress
    package let sender: OCMAddress
    /// 6 for a user, 9 for a group; ownCloud sends none and means a user.
    package let shareType: String

    /// Whom the share speaks for: the host of `remote`, where the receiver fetches the data.
    package var claim: Claim {
        Claim(
            peer: owner.host, signers: [owner.host],
            named: owner.host == sender.host ? [owner.host] : [owner.host, sender.host])
    }

    /// Refused (`malformed_message`): a required parameter that is missing, one that stands there
    /// twice, names that PHP would read as another one, a `remote` without a scheme, a `remoteId` that is
    /// no number in its one spelling, an owner on another host than `remote`, and people with an issuer, whom
    /// nobody names there;
    /// (`share_type_not_supported`): another type than these four, each in its one spelling.
    package init(_ form: FormBody) throws(Denial) {
        let fields = try OCSFields(form)
        shareWith = try fields.required("shareWith")
        secret = try fields.secret()
        name = try fields.required("name", upTo: 4096)
        providerID = try fields.providerID("remoteId")
        // As a number `07` and `7x` are 7, which is what every reader makes of it.
        guard Int(providerID.text).map({ "\($0)" }) == providerID.text else {
            throw Denial(.malformedMessage, "remoteId is not a number")
        }
        let remote = try fields.required("remote")
        let account = try fields.required("owner")
        // Of what has no scheme Nextcloud cuts off three bytes, and finds another host in the rest.
        guard let home = OCMAddress("\(account)@\(remote)"), home.form != .bare,
            home.identifier.isSame(as: account), !home.holdsIssuer
        else { throw Denial(.malformedMessage, "remote is not the URL of a host") }
        if let text = form["ownerFederatedId"] {
            guard let owner = OCMAddress(text), owner.host == home.host, !owner.holdsIssuer else {
                throw Denial(.malformedMessage, "ownerFederatedId is not on the host of remote")
            }
            self.owner = owner
        } else {
            owner = home
        }
        if let account = Self.ownAccount(form, account) {
            sender = home
            self.form = Self.inFull(form, account, home.written(owner.form))
        } else {
            sender = try Self.sender(form, remote: remote) ?? owner
            self.form = form
        }
        switch form["shareType"] {
        case nil, "0", "6": shareType = "user"
        case "1", "9": shareType = "group"
        // PHP reads "01", "1 " and "1.0" as 1.
        case .some: throw Denial(.shareTypeNotSupported, "shareType is not 0, 1, 6 or 9")
        }
    }

    /// The sharer's account where it is the owner's: by its text alone `alice@mail.example` may also be
    /// an address, and is one where somebody else is the owner.
    private static func ownAccount(_ form: FormBody, _ owner: String) -> String? {
        (form["sharedByFederatedId"] ?? form["sharedBy"]).flatMap {
            $0.isSame(as: owner) ? $0 : nil
        }
    }

    /// Who reads the form is to read what was judged: not the address of somebody on another host.
    private static func inFull(_ form: FormBody, _ account: String, _ address: String) -> FormBody {
        guard account.contains("@"), form["sharedByFederatedId"] != nil else { return form }
        var form = form
        form.replace("sharedByFederatedId", with: address)
        return form
    }

    /// ownCloud puts the bare account into `sharedByFederatedId`.
    ///
    /// Refused (`malformed_message`): what is no address, nor an account at `remote`.
    private static func sender(_ form: FormBody, remote: String) throws(Denial) -> OCMAddress? {
        guard let text = form["sharedByFederatedId"] ?? form["sharedBy"] else { return nil }
        guard let address = OCMAddress(text) ?? OCMAddress("\(text)@\(remote)"),
            !address.holdsIssuer
        else {
            throw Denial(.malformedMessage, "sharedByFederatedId is not an address")
        }
        return address
    }
}

extension OCSShare: CustomStringConvertible, Redacted {
    package var description: String { "<ocs share \(providerID)>" }
}
