import Federation

/// Lists from elsewhere, in all of their formats.
enum ListProperties {
    /// A list that is taken is written and read as the same one, and no entry of it says more than
    /// a host or what is below it.
    static func rows(_ bytes: [UInt8]) throws(Violation) {
        for format in [ListFormat.csv, .text, .json, .providers] {
            for stance in PeerList.Stance.allCases {
                let reading = ListReading(format, for: stance, .none)
                guard let contents = try? reading.contents(bytes, signature: nil, now: 0) else {
                    continue
                }
                try judge(contents, reading)
            }
        }
        let directory = ListReading(.directory, for: .allow, .none)
        try hold(
            (try? directory.contents(bytes, signature: nil, now: 0)) == nil,
            "an unsigned directory is taken")
    }

    private static func judge(
        _ contents: ListContents, _ reading: ListReading
    ) throws(Violation) {
        for entry in contents.entries {
            try hold(
                HostPattern(entry.pattern.description) == entry.pattern,
                "\(entry.pattern) is not canonical")
        }
        try hold(
            Set(contents.entries.map(\.pattern)).count == contents.entries.count,
            "a pattern stands twice")
        let kept = ListReading.storing(contents.entries)
        guard let stored = try? ListReading.stored(kept) else {
            throw Violation("what was taken cannot be kept")
        }
        try hold(
            ListChange(from: contents.entries, to: stored).isEmpty, "a list changed by keeping it")
        // Not everything that a format can say on its way in can be said by it on its way out.
        guard let written = try? reading.document(contents.entries, federation: "F") else { return }
        guard let again = try? reading.contents(written, signature: nil, now: 0) else {
            throw Violation("\(reading.format): what we write is refused")
        }
        try hold(
            ListChange(from: contents.entries, to: again.entries).isEmpty,
            "\(reading.format): a list changed by writing it")
    }

    /// Nothing is taken that the pinned key has not signed, as a document and as a detached
    /// signature; what it has signed is refused under another key.
    static func jws(_ bytes: [UInt8]) throws(Violation) {
        guard let key = try? ListKey.keys(in: Array(pinned.utf8)),
            let other = try? ListKey.keys(in: Array(stranger.utf8))
        else { throw Violation("the keys of the test are refused") }
        let directory = ListReading(.directory, for: .allow, .pinned(key))
        let taken = try? directory.contents(bytes, signature: nil, now: now)
        if let taken {
            try hold(taken.signer == key.first?.thumbprint, "signed by nobody")
            try hold(taken.title?.isEmpty == false, "a federation without a name")
        }
        let text = ListReading(.text, for: .allow, .pinned(key))
        let content = Array("a.example\n".utf8)
        let beside = try? text.contents(content, signature: bytes, now: now)
        try hold(taken == nil || beside == nil, "a signature of two things")
        let wrong = ListReading(.directory, for: .allow, .pinned(other))
        try hold(
            (try? wrong.contents(bytes, signature: nil, now: now)) == nil, "taken by another key")
        try hold(
            (try? text.contents(content + content, signature: bytes, now: now)) == nil,
            "a signature of other content")
    }

    private static let now = 1_800_000_000
    /// RFC 8037, appendix A.1: a key whose private half is known, so that the corpus can have
    /// documents that it signed.
    private static let pinned =
        #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
    /// RFC 8032, section 7.1, test 2.
    private static let stranger =
        #"{"kty":"OKP","crv":"Ed25519","x":"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"}"#
}
