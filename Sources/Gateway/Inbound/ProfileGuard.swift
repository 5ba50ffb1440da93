package import Federation

/// What the configuration refuses whatever the policy says: messages without a signature, and
/// generations of signatures that are not taken any more.
extension Configuration {
    /// Why a message whose signature is this one, and good, is refused before the policy's blocks are
    /// asked; nil where it is not, or where the lists refuse it first.
    ///
    /// - Parameter verdict: what the policy says of it.
    package func refusal(
        of signature: SignatureFact, on occasion: Occasion, beside verdict: Verdict?
    ) -> Denial? {
        // Requests for shared data bear no signature that anybody asks for.
        guard profile != .observe, occasion.direction == .inbound, occasion.kind != .webdav else {
            return nil
        }
        if let lists = verdict?.checks.first, lists.name == "standing", lists.result == .refused {
            return nil
        }
        switch signature {
        case .none: return refusalOfUnsigned
        case .invalid: return nil
        case .cavage, .rfc9421:
            return self.signature.accepts(signature)
                ? nil : Denial(notAccepting: signature.rawValue)
        }
    }

    /// Why a message without a signature is refused; nil where policy decides about it.
    var refusalOfUnsigned: Denial? {
        profile == .strict
            ? Denial(.signatureRequired, "profile strict takes no unsigned message") : nil
    }
}

extension Configuration.SignatureSettings {
    /// Whether signatures of this generation are taken.
    func accepts(_ signature: SignatureFact) -> Bool {
        switch signature {
        case .none, .invalid: true
        case .cavage: accept.contains(.cavage)
        case .rfc9421: accept.contains(.rfc9421)
        }
    }
}

extension Gateway {
    /// What would be refused, for `would`.
    ///
    /// Refused: `denial`, unless the profile is `observe`.
    func observed(_ denial: Denial) throws(Denial) -> String {
        guard configuration.profile == .observe else { throw denial }
        return denial.asTolerated
    }

    /// Refused: `denial`, unless the profile is `observe`, which tells of it and goes on.
    func refuse(_ denial: Denial, orTell trail: Trail) throws(Denial) {
        guard configuration.profile == .observe else { throw denial }
        trail.tolerated(denial)
    }
}
