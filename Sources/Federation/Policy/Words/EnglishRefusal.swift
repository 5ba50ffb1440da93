/// What is told of a refusal, in words: to the peer, or of what goes out to our own server.
struct EnglishRefusal {
    private let contact: String?

    init(_ policy: Policy) { contact = policy.contact }

    /// `The peer reads: 401 signature_required, “Sign with RFC 9421”.`
    ///
    /// - Parameter occasions: of the block that refuses.
    func text(_ refusal: Refusal, on occasions: OccasionSet = .everything) -> String {
        "\(reader(on: occasions).capitalizedFirst) reads: \(words(refusal, on: occasions))"
    }

    /// Who reads what a block says.
    func reader(on occasions: OccasionSet) -> String {
        Self.areOutbound(occasions) ? "our own server" : "the peer"
    }

    /// `401 signature_required, “Sign with RFC 9421”.`
    func words(_ refusal: Refusal, on occasions: OccasionSet = .everything) -> String {
        let answer = Self.answer(refusal, on: occasions)
        guard let hint = refusal.hint.map(own) else { return answer + "." }
        return "\(answer), \(EnglishWords.named(hint))" + (hint.hasSuffix(".") ? "" : ".")
    }

    private static func areOutbound(_ occasions: OccasionSet) -> Bool {
        occasions.occasions.allSatisfy { $0.direction == .outbound }
    }

    /// The code, with the status that goes with it where all that the block refuses has that.
    private static func answer(_ refusal: Refusal, on occasions: OccasionSet) -> String {
        if areOutbound(occasions) { return refusal.code }
        guard occasions == OccasionSet([Occasion(.token, .inbound)]) else {
            return "\(refusal.status) \(refusal.code)"
        }
        let denial = refusal.denial(by: "")
        return "\(denial.oauthStatus) \(denial.code.oauthError.rawValue), described as "
            + refusal.code
    }

    /// The hint without whom to ask, which is said once for all.
    private func own(_ hint: String) -> String {
        guard let contact, hint.hasSuffix(" Contact: \(contact)") else { return hint }
        return String(hint.dropLast(" Contact: \(contact)".count))
    }
}
