import Foundation
import OpenSSL

/// The folder beside the state file where commands leave orders for the gateway that holds it, so
/// that one process alone writes the state.
///
/// A command seals its order under the seal key and waits for the answer; the gateway looks there
/// twice a second. Whoever cannot seal, cannot order. An order is carried out at most once: it
/// is renamed before, and forgotten when nobody waits for it any more.
package struct OrderBox: Sendable {
    private let folder: String
    private let seal: AEADKey

    /// An order that was taken, to be answered.
    struct Taken: Sendable {
        let order: Order
        fileprivate let name: String
    }

    /// The box of a state file.
    package init(_ state: String, _ key: SealKey) throws(FileProblem) {
        folder = Self.folder(of: state)
        do { seal = try key.aead(for: .order) } catch {
            throw FileProblem(state, "cannot seal: \(error)")
        }
    }

    /// The folder of a state file's box.
    package static func folder(of state: String) -> String { state + ".orders" }

    // MARK: The command

    /// What the gateway that uses the state tells of an order that it has carried out.
    ///
    /// Throws a text for the operator when no gateway takes it, or when it is refused.
    static func told(
        _ order: Order, in state: String, _ key: SealKey, now: Int,
        patience: Duration = .seconds(10)
    ) async throws(FileProblem) -> [String: String] {
        switch try await OrderBox(state, key).ask(order, now: now, patience: patience) {
        case .done(let told): return told
        case .refused(let reason): throw FileProblem(state, reason)
        }
    }

    /// Leaves an order and waits for its answer: at most `taking` until the gateway takes it, and from
    /// then on `patience`.
    ///
    /// Throws a text for the operator when no gateway takes it, and then takes it back; so it does
    /// when its task is cancelled, and on SIGINT and SIGTERM.
    ///
    /// - Parameter taking: nil for `patience`, both together.
    package func ask(
        _ order: Order, now: Int, taking: Duration? = nil, patience: Duration = .seconds(10)
    ) async throws(FileProblem) -> OrderAnswer {
        let name = Random.alphanumeric(16)
        let first = taking ?? patience
        let envelope = Envelope(order: order, until: now + Int(first.components.seconds) + 1)
        Interruption.begin()
        defer { Interruption.end() }
        try put(envelope, as: "\(name).order")
        var end = ContinuousClock.now + first
        var isTaken = taking == nil
        while ContinuousClock.now < end, !Interruption.isThere {
            if let answer = answer(in: "\(name).answer") {
                remove("\(name).answer")
                return answer
            }
            if !isTaken, PrivateFile.exists(path("\(name).taken")) {
                isTaken = true
                end = ContinuousClock.now + patience
            }
            // Ended early only by being cancelled, and then the order is taken back.
            do { try await Task.sleep(for: .milliseconds(50)) } catch { break }
        }
        guard remove("\(name).order") else {
            throw FileProblem(
                folder, "the gateway took the order and did not answer",
                "look \(order.whereSeen) whether it was carried out")
        }
        if Interruption.isThere {
            throw FileProblem(folder, "the order was taken back", "nothing of it was carried out")
        }
        guard !order.readsFiles else {
            throw FileProblem(
                folder,
                "the gateway did not take the order in time: it may still be reading files "
                    + "for another one, or after a SIGHUP, or has ended",
                "see its log: `configuration.kept` names a file that does not come; "
                    + "nothing of the order was carried out")
        }
        throw FileProblem(
            folder, "the ocmgate that uses this state did not take the order",
            "another command may have been at work: try again; else see the log of the gateway, "
                + "which is not needed for this when it is stopped")
    }

    // MARK: The gateway

    /// Makes the folder, and forgets what an earlier gateway left, but for what somebody may wait for: that
    /// gateway may have answered a moment ago.
    func open() throws(FileProblem) {
        try PrivateFile.folder(folder)
        for file in files where file.hasPrefix(".") || !file.hasSuffix(".order") {
            if file.hasSuffix(".taken") || isForgotten(file) { remove(file) }
        }
    }

    /// The orders that wait, none of which will be found again.
    ///
    /// What is not sealed by us, or too old, is removed; so are answers that nobody came for. An order that only
    /// another version knows is refused.
    ///
    /// - Parameters:
    ///   - isLast: whether no other gateway is about to look here, which may know such an order.
    ///   - isWanted: the others stay, for another gateway.
    func take(
        now: Int, isLast: Bool = true, where isWanted: (Order) -> Bool = { _ in true }
    ) -> [Taken] {
        let files = files
        for file in files where file.hasSuffix(".answer") && isForgotten(file) { remove(file) }
        return files.filter { $0.hasSuffix(".order") && !$0.hasPrefix(".") }.sorted().compactMap {
            file in
            let name = String(file.dropLast(".order".count))
            guard let bytes = opened(file), let limit = Self.decoded(bytes, as: TimeLimit.self),
                now <= limit.until
            else {
                remove(file)
                return nil
            }
            guard let envelope = Self.decoded(bytes, as: Envelope.self) else {
                if isLast, move(file, to: "\(name).taken") {
                    // Where it cannot be left, the command says after a while that nobody answered.
                    try? answer(name, .refused(Self.isOfAnotherVersion))
                }
                return nil
            }
            guard isWanted(envelope.order), move(file, to: "\(name).taken") else { return nil }
            return Taken(order: envelope.order, name: name)
        }
    }

    /// Tells the command that waits.
    func answer(_ taken: Taken, _ answer: OrderAnswer) throws(FileProblem) {
        try self.answer(taken.name, answer)
    }

    private func answer(_ name: String, _ answer: OrderAnswer) throws(FileProblem) {
        remove("\(name).taken")
        try put(answer, as: "\(name).answer")
    }

    private static let isOfAnotherVersion =
        "the gateway that runs is of another version of ocmgate, which does not know this order; restart it, or "
        + "use its own program"

    // MARK: Files

    private struct Envelope: Codable {
        let order: Order
        /// Unix seconds.
        let until: Int
    }

    /// What is read of an order of every version.
    private struct TimeLimit: Decodable {
        let until: Int
    }

    private var files: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    /// Whether it is older than anybody waits for it.
    private func isForgotten(_ file: String) -> Bool {
        let facts = try? FileManager.default.attributesOfItem(atPath: path(file))
        guard let time = facts?[.modificationDate] as? Date else { return false }
        return time < Date(timeIntervalSinceNow: -60)
    }

    private func path(_ file: String) -> String { "\(folder)/\(file)" }

    @discardableResult
    private func remove(_ file: String) -> Bool {
        (try? FileManager.default.removeItem(atPath: path(file))) != nil
    }

    private func move(_ file: String, to name: String) -> Bool {
        (try? FileManager.default.moveItem(atPath: path(file), toPath: path(name))) != nil
    }

    /// Writes whole or not at all; for the folder's owner also when it is root who writes.
    private func put(_ value: some Encodable, as file: String) throws(FileProblem) {
        let draft = ".\(file)"
        do {
            let bytes = [UInt8](try JSONEncoder().encode(value))
            try PrivateFile.create(path(draft), seal.seal(bytes, authenticating: Array(file.utf8)))
            if geteuid() == 0 {
                let owner = try FileManager.default.attributesOfItem(atPath: folder)[
                    .ownerAccountID]
                try FileManager.default.setAttributes(
                    [.ownerAccountID: owner as Any], ofItemAtPath: path(draft))
            }
            try FileManager.default.moveItem(atPath: path(draft), toPath: path(file))
        } catch {
            remove(draft)
            throw FileProblem(folder, "cannot be written to: \(error)", Self.remedy(folder))
        }
    }

    /// Of a folder that cannot be written to, and may be or not.
    static func remedy(_ folder: String) -> String {
        if DiskTrouble.found(on: folder) == .readOnly { return DiskTrouble.readOnly.remedy }
        return FileManager.default.isWritableFile(atPath: folder)
            ? DiskTrouble.full.remedy : "run this as the gateway's account"
    }

    /// nil when it is not there, is longer than any of ours, or was not sealed under this name.
    private func answer(in file: String) -> OrderAnswer? {
        opened(file).flatMap { Self.decoded($0, as: OrderAnswer.self) }
    }

    private func opened(_ file: String) -> Data? {
        guard let sealed = try? PrivateFile.readPlain(path(file), limit: Self.mostBytes),
            let bytes = try? seal.open(sealed, authenticating: Array(file.utf8))
        else { return nil }
        return Data(bytes)
    }

    private static func decoded<Value: Decodable>(_ bytes: Data, as type: Value.Type) -> Value? {
        try? JSONDecoder().decode(type, from: bytes)
    }

    /// What an order or an answer may have.
    private static let mostBytes = 4 << 20
}
