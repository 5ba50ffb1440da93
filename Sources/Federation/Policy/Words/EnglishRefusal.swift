/// What a peer is told when it is refused, in words.
struct EnglishRefusal {
    private let contact: String?

    init(_ policy: Policy) { contact = policy.contact }

    /// `The peer reads: 401 signature_required, “Sign with RFC 9421”.`
    func text(_ refusal: Refusal) -> String { "The peer reads: \(words(refusal))" }

    /// `401 signature_required, “Sign with RFC 9421”.`
    func words(_ refusal: Refusal) -> String {
        let answer = "\(refusal.status) \(refusal.code)"
        guard let hint = refusal.hint.map(own) else { return answer + "." }
        return "\(answer), \(EnglishWords.named(hint))" + (hint.hasSuffix(".") ? "" : ".")
    }

    /// The hint without whom to ask, which is said once for all.
    private func own(_ hint: String) -> String {
        guard let contact, hint.hasSuffix(" Contact: \(contact)") else { return hint }
        return String(hint.dropLast(" Contact: \(contact)".count))
    }
}
