/// How a list from elsewhere is read: its format, its standing, and the keys that have to have signed
/// it.
package struct ListReading: Sendable {
    /// Whether a list has to be signed.
    package enum Signing: Sendable {
        /// Nothing but the certificate of its server speaks for it.
        case none
        /// By one of these keys.
        case pinned([ListKey])
    }

    package let format: ListFormat
    package let stance: PeerList.Stance
    package let signing: Signing
    /// What the signature has to be about.
    package let purpose: ListPurpose

    package init(
        _ format: ListFormat, for stance: PeerList.Stance, _ signing: Signing,
        about purpose: ListPurpose = .any
    ) {
        self.format = format
        self.stance = stance
        self.signing = signing
        self.purpose = purpose
    }

    /// Reads a list as a whole: one wrong entry spoils it. `signature` is the document that lies
    /// beside it, for formats and lists that have one.
    ///
    /// Refused: more than `ListContents.longest` bytes, a list without the signature that it has to
    /// have or whose signature is about another list, and what its format refuses.
    package func contents(
        _ bytes: [UInt8], signature: [UInt8]?, now: Int
    ) throws(ListDefect) -> ListContents {
        switch (format.signature, signing) {
        case (.around, .none):
            throw ListDefect(
                "a list of the format \(format.rawValue) is signed, and no key is pinned for it")
        case (.around, .pinned(let keys)):
            return try signed(ListSignature.verify(bytes, by: keys, about: purpose, now: now))
        case (.beside, .none): return try contents(bytes)
        case (.beside, .pinned(let keys)):
            guard let signature else { throw ListDefect("there is no signature beside the list") }
            return try signed(
                ListSignature.verify(
                    signature, detached: bytes, by: keys, about: purpose, now: now))
        }
    }

    private func signed(_ signature: ListSignature) throws(ListDefect) -> ListContents {
        var contents = try contents(signature.content)
        contents.signer = signature.signer.thumbprint
        contents.issued = signature.issued
        contents.end = signature.end
        contents.subject = signature.subject
        try purpose.judge(contents)
        return contents
    }

    private func contents(_ bytes: [UInt8]) throws(ListDefect) -> ListContents {
        guard bytes.count <= ListContents.longest else {
            throw ListDefect("more than \(ListContents.longest) bytes")
        }
        return switch format {
        case .text: try TextList.contents(bytes)
        case .csv: try DomainBlocks.contents(bytes, for: stance)
        case .json: try JSONList.contents(bytes)
        case .directory: try DirectoryListing.contents(bytes)
        case .providers: try ProviderList.contents(bytes, for: stance)
        }
    }

    /// Entries as lines of a text list, notes as comments.
    package static func text(_ entries: [ListEntry]) -> String { TextList.text(entries) }

    /// Entries as they are kept between two fetches, and read again by `stored`.
    package static func storing(_ entries: [ListEntry]) -> [UInt8] {
        Array(JSONList.text(entries).utf8)
    }

    /// The entries of a list that was taken before, as the state has them. Refused: what
    /// ``ListContents`` did not write.
    package static func stored(_ bytes: [UInt8]) throws(ListDefect) -> [ListEntry] {
        try JSONList.contents(
            bytes, JSONLimits(bytes: bytes.count, depth: 4, values: ListContents.most * 4 + 8)
        ).entries
    }

    /// The document of these entries, unsigned; of a directory service, its payload. A note that is
    /// the day alone, which `peer hold approve` writes, is not for others.
    ///
    /// Refused: entries that the format cannot say.
    package func document(
        _ entries: [ListEntry], federation: String
    ) throws(ListDefect) -> [UInt8] {
        let entries = entries.map(\.published)
        return switch format {
        case .text: Array(TextList.text(entries).utf8)
        case .csv: Array(try DomainBlocks.text(entries, for: stance).utf8)
        case .json: Array(JSONList.text(entries).utf8)
        case .directory: try DirectoryListing.payload(entries, federation: federation)
        case .providers: Array(try ProviderList.text(entries).utf8)
        }
    }
}

extension ListEntry {
    /// Without a note that is a day and nothing else.
    fileprivate var published: ListEntry {
        guard let note, note.utf8.count == 10, ListDate.end(note) != nil else { return self }
        return ListEntry(pattern: pattern, until: until, position: position)
    }
}
