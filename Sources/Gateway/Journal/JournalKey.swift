import Federation
import Foundation
package import OpenSSL

/// The key that signs the journal's checkpoints: an Ed25519 key of its own, beside the gateway's
/// other keys but never published to peers.
///
/// `journal.key` is for the gateway alone; `journal.pub` is for whoever verifies, and belongs in a
/// safe place of theirs: a file that lies beside the journal says nothing. The public half of a key
/// before it is `journal-ID.pub`.
package struct JournalKey: Sendable {
    package let key: PrivateKey

    package static let fileName = "journal.key"
    package static let publicName = "journal.pub"

    /// Reads the key from the folder of keys, or makes it.
    ///
    /// Refused: a file that others may use, and one that holds no Ed25519 key.
    package static func load(
        folder: String, whenMissing: SealKey.WhenMissing
    ) throws(FileProblem) -> JournalKey {
        let file = (folder as NSString).appendingPathComponent(fileName)
        switch whenMissing {
        case .make where !PrivateFile.exists(file):
            try PrivateFile.create(file, keyOf: .ed25519)
        case .make, .refuse: break
        }
        let pem = String(decoding: try PrivateFile.read(file), as: UTF8.self)
        guard let key = try? PrivateKey(pem: pem), key.kind == .ed25519 else {
            throw FileProblem(
                file, "holds no Ed25519 key",
                "bring it back; or move it away, and another one is made")
        }
        if whenMissing == .make { try show(key.publicKey, folder) }
        return JournalKey(key: key)
    }

    /// Writes the public half beside the key. That of another key before it stays, under the name of
    /// that key: what it signed is to be verified for as long as the journal has it.
    ///
    /// Refused: a public half that holds no key.
    private static func show(_ key: PublicKey, _ folder: String) throws(FileProblem) {
        let file = (folder as NSString).appendingPathComponent(publicName)
        let text = Array(key.pem.utf8)
        guard PrivateFile.exists(file) else {
            try PrivateFile.create(file, text, for: .everybody)
            return
        }
        let before = try publicKey(file)
        if before == key { return }
        let kept = (folder as NSString).appendingPathComponent(pastName(of: id(of: before)))
        if !PrivateFile.exists(kept) {
            try PrivateFile.create(kept, Array(before.pem.utf8), for: .everybody)
        }
        try PrivateFile.replace(file, text)
    }

    /// The public half of the key in a folder of keys, and those of the keys before it.
    ///
    /// Refused: files that others may write to, or that belong to somebody else, and what does not
    /// hold the key that it is named after: only the gateway's own are believed.
    package static func publicKeys(
        folder: String
    ) throws(FileProblem) -> [PublicKey] {
        var keys = [try publicKey((folder as NSString).appendingPathComponent(publicName))]
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names.sorted() {
            guard let stated = name.wholeMatch(of: /journal-([0-9a-f]{16})\.pub/)?.1 else {
                continue
            }
            let file = (folder as NSString).appendingPathComponent(name)
            let key = try publicKey(file)
            guard id(of: key) == stated else {
                throw FileProblem(
                    file, "holds another key than the one that it is named after",
                    "bring the file back as it was, or move it away")
            }
            keys.append(key)
        }
        return keys
    }

    private static func publicKey(_ file: String) throws(FileProblem) -> PublicKey {
        let text = String(decoding: try PrivateFile.read(file, readers: .everybody), as: UTF8.self)
        guard let key = try? PublicKey(pem: text), key.kind == .ed25519 else {
            throw FileProblem(
                file, "holds no Ed25519 public key",
                "bring the file back as it was, or move it away")
        }
        return key
    }

    /// The file of the public half of a key that was replaced.
    static func pastName(of id: String) -> String { "journal-\(id).pub" }

    /// The name of a key in checkpoints: 16 hexadecimal digits of the hash of its public half.
    package static func id(of key: PublicKey) -> String {
        Hex.encode(Hash.sha256.digest(key.spki).prefix(8))
    }
}

/// The signature of a checkpoint.
///
/// Signed is `ocmgate journal checkpoint 1`, a line feed, the hash of the line before (32 bytes)
/// and the bytes of the checkpoint up to `,"signature":`.
enum JournalCheckpoint {
    static func message(after previous: JournalHash, _ line: some Collection<UInt8>) -> [UInt8] {
        context + previous.bytes + line
    }

    /// Key and signature, for a line that says nothing else.
    static func text(
        _ seq: Int, time: Int, after previous: JournalHash, signedBy key: JournalKey
    ) throws(CryptoError) -> JournalText {
        var text = JournalText()
        text.add("key", JournalKey.id(of: key.key.publicKey))
        var line: [UInt8] = []
        JournalText.open(seq, .checkpoint, time: time, into: &line)
        let signature = try key.key.sign(
            message(after: previous, line + text.bytes), algorithm: .ed25519)
        text.add("signature", Base64.encodeURL(signature))
        return text
    }

    /// How the signature of a checkpoint is.
    enum Verdict: Equatable {
        case valid
        /// None of the keys has this name.
        case unknownKey(String)
        case wrong
    }

    static func judge(
        _ line: JournalLine, after previous: JournalHash, _ keys: [String: PublicKey]
    ) -> Verdict {
        guard let name = line.member("key")?.string,
            let signature = line.member("signature")?.string.flatMap({ Base64.decodeURL($0) }),
            let range = line.hashed.firstRange(of: Self.signature)
        else { return .wrong }
        guard let key = keys[name] else { return .unknownKey(name) }
        let signed = line.hashed[line.hashed.startIndex..<range.lowerBound]
        return key.isValid(
            signature: signature, over: message(after: previous, signed), algorithm: .ed25519)
            ? .valid : .wrong
    }

    private static let context = Array("ocmgate journal checkpoint 1\n".utf8)
    private static let signature = Array(#","signature":"#.utf8)
}
