/// The search for what was signed: edits by twos at most, each base verified once.
struct SignatureSearch {
    /// The message as it was signed.
    struct Match {
        let message: SignedMessage
        let distortions: [Distortion]
    }

    private let suspect: Suspect
    private let keys: [SuspectKey]
    private var left: Int
    /// Messages with edits that may yet be made: one whose base was tried, or has none, costs no
    /// verification.
    private(set) var messagesLeft = Self.maximumMessages
    private var tried: Set<[UInt8]> = []

    /// - Parameter limit: the verifications that are made at most.
    init(_ suspect: Suspect, keys: [SuspectKey], limit: Int) {
        self.suspect = suspect
        self.keys = keys
        left = limit
    }

    /// The message with the fewest changes over which one of the keys made the signature.
    mutating func match(
        _ message: SignedMessage, body: [UInt8], others: [SuspectBody],
        _ surroundings: Surroundings
    ) -> Match? {
        if let found = verify(message, by: keys, []) { return found }
        if let base = suspect.base(of: message) {
            for key in keys {
                guard let slip = suspect.slip(of: key.key, over: base) else { continue }
                return Match(
                    message: message, distortions: [slip] + (key.distortion.map { [$0] } ?? []))
            }
        }
        guard let sketch = RequestSketch(message) else { return nil }
        let address = AddressEdits(sketch: sketch, surroundings: surroundings)
        let fields = FieldEdits(
            sketch: sketch, body: body, bodies: others, covered: suspect.covered,
            created: suspect.created(message))
        let lists = [address.authorities, address.targets, address.schemes] + fields.lists
        return single(lists, sketch) ?? double(lists, sketch)
    }

    private mutating func single(_ lists: [[Edit]], _ sketch: RequestSketch) -> Match? {
        for list in lists {
            for edit in list {
                if let found = verify([edit], sketch) { return found }
            }
        }
        return nil
    }

    private mutating func double(_ lists: [[Edit]], _ sketch: RequestSketch) -> Match? {
        for (place, first) in lists.enumerated() {
            for second in lists[(place + 1)...] {
                for one in first {
                    for other in second {
                        if let found = verify([one, other], sketch) { return found }
                        guard left > 0, messagesLeft > 0 else { return nil }
                    }
                }
            }
        }
        return nil
    }

    private mutating func verify(_ edits: [Edit], _ sketch: RequestSketch) -> Match? {
        guard left > 0, messagesLeft > 0 else { return nil }
        messagesLeft -= 1
        var sketch = sketch
        for edit in edits { edit.apply(to: &sketch) }
        guard let message = sketch.message else { return nil }
        return verify(message, by: likely, edits.map(\.distortion))
    }

    /// The keys that are tried with edits: the named one where it is there, else all of few.
    private var likely: [SuspectKey] {
        let named = keys.filter {
            switch $0.role {
            case .named: true
            case .other, .previous: false
            }
        }
        return named.isEmpty ? Array(keys.prefix(2)) : named
    }

    private mutating func verify(
        _ message: SignedMessage, by keys: [SuspectKey], _ distortions: [Distortion]
    ) -> Match? {
        guard left > 0, let base = suspect.base(of: message), tried.insert(base).inserted else {
            return nil
        }
        for key in keys {
            left -= 1
            guard suspect.isMade(by: key.key, over: base) else { continue }
            return Match(
                message: message, distortions: distortions + (key.distortion.map { [$0] } ?? []))
        }
        return nil
    }

    /// More than the edits of an honest message make by twos.
    private static let maximumMessages = 4096
}
