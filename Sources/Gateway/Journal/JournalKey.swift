import Federation
import Foundation
package import OpenSSL

/// The key that signs the journal's checkpoints: an Ed25519 key of its own, beside the gateway's
/// other keys but never published to peers.
///
/// `journal.key` is for the gateway alone; `journal.pub` is for whoever verifies, and belongs in a
/// safe place of theirs: a file that lies beside the journal says nothing.
package struct JournalKey: Sendable {
    package let key: PrivateKey

    package static let fileName = "journal.key"
    package static let publicName = "journal.pub"

    /// Reads the key from the folder of keys, or makes it.
    ///
    /// Refused: a file that others may use, and one that holds no Ed25519 key.
    package static func load(
        folder: String, whenMissing: SealKey.WhenMissing
    ) throws(PrivateFile.Problem) -> JournalKey {
        let file = (folder as NSString).appendingPathComponent(fileName)
        switch whenMissing {
        case .make where !PrivateFile.exists(file):
            do {
                let text = try PrivateKey.generate(.ed25519).exportPEM()
                try PrivateFile.create(file, Array(text.utf8))
            } catch let problem as PrivateFile.Problem {
                throw problem
            } catch {
                throw PrivateFile.Problem(path: file, what: "cannot be made: \(error)", remedy: "")
            }
        case .make, .refuse: break
        }
        let pem = String(decoding: try PrivateFile.read(file), as: UTF8.self)
        guard let key = try? PrivateKey(pem: pem), key.kind == .ed25519 else {
            throw PrivateFile.Problem(
                path: file, what: "holds no Ed25519 key",
                remedy: "bring it back; or move it away, and another one is made")
        }
        let shown = (folder as NSString).appendingPathComponent(publicName)
        if whenMissing == .make, !PrivateFile.exists(shown) {
            try PrivateFile.create(shown, Array(key.publicKey.pem.utf8), for: .everybody)
        }
        return JournalKey(key: key)
    }

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
