import Foundation
import Logging
import OpenSSL

/// `journal erase`: by the gateway that writes the journal, or directly when there is none.
package enum JournalForgetting {
    /// The pseudonym that was forgotten; nil when nothing is recorded of the subject.
    ///
    /// - Parameters:
    ///   - text: an address or a pseudonym.
    ///   - now: unix seconds.
    package static func forget(
        _ text: String, _ settings: Configuration, _ seal: SealKey, now: Int
    ) async throws -> JournalPseudonym? {
        guard let journal = settings.journal else {
            throw JournalError("[journal] dir", "is \"\": there is no journal", "")
        }
        guard let erasure = JournalErasure(text) else {
            throw JournalError(text, "is no address, and no pseudonym of the journal", "")
        }
        let store: Store
        do { store = try Store.open(settings.state.file, seal, now: now) } catch {
            guard error.isInUse else { throw error }
            let box = try OrderBox(settings.state.file, seal)
            switch try await box.ask(.eraseSubject(text), now: now) {
            case .refused(let reason): throw JournalError(text, reason, "")
            case .done(let told): return told["pseudonym"].flatMap { JournalPseudonym($0) }
            }
        }
        defer { store.close() }
        guard let site = Site(origin: settings.site.origin, aliases: []) else { return nil }
        if let change = try HoldBook(store, seal).forget(erasure, site: site.host) {
            try await store.commit(change)
        }
        guard PrivateFile.exists(journal.folder) else { return nil }
        let key = try JournalKey.load(folder: settings.signature.keys, whenMissing: .refuse)
        let disk = try JournalDisk(
            JournalDisk.Settings(journal, state: settings.state.file, site: site.host),
            key, seal,
            GatewayLog(
                level: .error, format: .text, milliseconds: { now * 1000 }, sink: { _ in true }),
            time: now * 1000)
        defer { disk.close() }
        try disk.commit()
        let pseudonym = try disk.erase(erasure, now * 1000)
        try disk.checkpoint(now * 1000)
        return pseudonym
    }
}

extension JournalPseudonym {
    /// The pseudonym of a subject; nil when nothing is recorded of it.
    package static func of(
        _ subject: JournalSubject, _ folder: String, _ seal: SealKey
    ) throws -> JournalPseudonym? {
        let path = (folder as NSString).appendingPathComponent(JournalSubjects.fileName)
        guard PrivateFile.exists(path) else { return nil }
        return try JournalSubjects(folder, seal, .reading).pseudonym(of: subject)
    }
}
