import Foundation
import OpenSSL

extension KeyChange {
    /// What is on the disk once it is done.
    struct Done: Sendable {
        let ring: KeyRing
        /// The key that it was about.
        let name: String
        /// The key that signed before.
        let replaced: String?

        /// Who did it.
        enum Doer: String { case gateway, command }

        func answer(by doer: Doer) -> OrderAnswer {
            var told = ["name": name, "by": doer.rawValue]
            told["replaced"] = replaced
            if let key = ring.keys.first(where: { $0.name == name }) { told["file"] = key.file }
            return .done(told)
        }
    }

    /// Changes the files of the folder. What becomes of a key is one file that is replaced as a
    /// whole, so that a crash leaves the keys as they were or as they are to be.
    ///
    /// - Parameter state: the file of the gateway's state.
    func perform(in folder: String, state: String, now: Int) throws -> Done {
        let name: String
        var replaced: String?
        switch self {
        case .make(let word):
            // Before any key is made.
            guard let kind = KeyKind(word: word) else {
                throw Refusal("\(word) is no kind of key; one of: ed25519, p256, p384, rsa")
            }
            let had = try KeyRing(folder: folder, whenMissing: .refuse, now: now).keys
            let ring = try KeyRing.toAdd(in: folder, state: state, now: now)
            // Of the first pair one is of the usual kinds: no third one is wanted beside it.
            if had.isEmpty, let first = ring.activeKey(for: kind.use),
                first.key.kind.stem == kind.stem
            {
                name = first.name
            } else {
                name = ring.freeName(for: kind)
                try KeyRing.make(kind, name, in: folder)
            }
        case .stage(let key), .activate(let key, _, _), .retire(let key, _):
            name = key
            // A name that is not there makes none.
            if let loss = KeyRing.loss(of: folder, state: state) { throw loss }
            let ring = try KeyRing(folder: folder, whenMissing: .refuse, now: now)
            let after = try ring.table(after: self, now: now)
            replaced = after.replaced
            try KeyRing.write(after.table, in: folder)
        }
        return Done(
            ring: try KeyRing(folder: folder, whenMissing: .refuse, now: now), name: name,
            replaced: replaced)
    }

    /// Has it done by the gateway that uses the state, which then publishes and signs accordingly,
    /// or does it when there is none.
    ///
    /// - Parameter key: asked for only when a gateway runs.
    package func place(
        in state: String, keys folder: String, _ key: () throws -> SealKey, now: Int,
        patience: Duration = .seconds(10)
    ) async throws -> OrderAnswer {
        do {
            let place = (state as NSString).deletingLastPathComponent
            if !place.isEmpty { try PrivateFile.folder(place) }
            let lock = try StoreLock(of: state)
            defer { lock.release() }
            return try perform(in: folder, state: state, now: now).answer(by: .command)
        } catch let error as FileProblem where error.isInUse {
            return try await OrderBox(state, try key()).ask(
                .changeKeys(self), now: now, patience: patience)
        } catch let refusal as Refusal {
            return .refused(refusal.description)
        }
    }
}
