package import Federation
import Foundation
import Logging

/// `journal erase`: by the gateway that writes the journal, or directly when there is none.
package enum JournalForgetting {
    /// Forgets a subject, by the gateway that uses the state, or directly when there is none: the pseudonym that
    /// was forgotten; nil when nothing is recorded of it.
    ///
    /// Refused: a configuration without a journal, what is no address and no pseudonym, and what cannot be done
    /// at the moment.
    ///
    /// - Parameters:
    ///   - text: an address or a pseudonym.
    ///   - now: unix seconds.
    package static func forget(
        _ text: String, _ settings: Configuration, _ seal: SealKey, now: Int
    ) async throws -> JournalPseudonym? {
        guard let journal = settings.journal else {
            throw FileProblem("[journal] dir", "is \"\": there is no journal")
        }
        let site = Site(origin: settings.site.origin, aliases: settings.site.aliases)
        guard let erasures = JournalErasure.all(text, ours: site?.hosts ?? []) else {
            throw FileProblem(text, "is no address, and no pseudonym of the journal")
        }
        let store: Store
        do { store = try Store.open(settings.state.file, seal, now: now) } catch {
            guard error.isInUse else { throw error }
            let box = try OrderBox(settings.state.file, seal)
            switch try await box.ask(.eraseSubject(text), now: now) {
            case .refused(let reason): throw FileProblem(text, reason)
            case .done(let told): return told["pseudonym"].flatMap { JournalPseudonym($0) }
            }
        }
        defer { store.close() }
        guard let site else { return nil }
        let holds = try HoldBook(store, seal)
        let waiting = holds.subjects(site: site.host)
        let named = try erasures.compactMap {
            try $0.subject(among: waiting, journal.folder, seal)
        }
        try await store.commit(named.compactMap { holds.forget($0, site: site.host) })
        try await store.fold()
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
        var pseudonym: JournalPseudonym?
        var failure: JournalFailure?
        // What is wrong with one name leaves the others to be forgotten.
        for erasure in erasures {
            do {
                let found = try disk.erase(erasure, now * 1000)
                pseudonym = pseudonym ?? found
            } catch let refused as JournalFailure { failure = failure ?? refused }
        }
        try disk.checkpoint(now * 1000)
        if let failure { throw failure }
        return pseudonym
    }
}

extension JournalErasure {
    /// Whether a share of the registry, which no erasure reaches, names somebody under any name of the site;
    /// none does a pseudonym, which nobody can tell any more.
    ///
    /// - Parameters:
    ///   - text: an address or a pseudonym.
    ///   - ours: the names of the site, its own first.
    package static func naming(
        _ text: String, ours: [PeerHost]
    ) -> (ShareRecord) -> Bool {
        guard let site = ours.first, let erasures = all(text, ours: ours) else {
            return { _ in false }
        }
        let subjects = erasures.compactMap { erasure -> JournalSubject? in
            switch erasure {
            case .subject(let subject): subject
            case .pseudonym: nil
            }
        }
        return { share in
            [share.owner, share.sender, share.recipient].contains { person in
                person.map { subjects.contains(JournalSubject(account: $0, site: site)) } ?? false
            }
        }
    }

    /// Whom an operator names: one of a site's people under each of its names, since messages use any.
    /// Nil for a text that names nobody.
    ///
    /// - Parameter ours: the names of the site, its own first.
    static func all(_ text: String, ours: [PeerHost]) -> [JournalErasure]? {
        switch JournalErasure(text) {
        case .subject(let subject): subject.everywhere(at: ours).map { .subject($0) }
        case .pseudonym(let pseudonym): [.pseudonym(pseudonym)]
        case nil: nil
        }
    }

    /// The subject that is meant; nil when only a pseudonym is given, and it is that of none of these.
    func subject(
        among subjects: Set<JournalSubject>, _ folder: String, _ seal: SealKey
    ) throws -> JournalSubject? {
        switch self {
        case .subject(let subject): return subject
        case .pseudonym(let name):
            let path = (folder as NSString).appendingPathComponent(JournalSubjects.fileName)
            if subjects.isEmpty || !PrivateFile.exists(path) { return nil }
            let stored = try JournalSubjects(folder, seal, .reading)
            defer { stored.close() }
            return try subjects.first { try stored.pseudonym(of: $0) == name }
        }
    }
}

extension JournalPseudonym {
    /// The pseudonyms of somebody whom an operator names, under all of the names that
    /// ``JournalErasure/all(_:ours:)`` takes; none when nothing is recorded, or the text names nobody.
    package static func all(
        _ text: String, _ folder: String, _ settings: Configuration, _ seal: SealKey
    ) throws -> [JournalPseudonym] {
        let site = Site(origin: settings.site.origin, aliases: settings.site.aliases)
        let names = JournalErasure.all(text, ours: site?.hosts ?? []) ?? []
        return try names.compactMap { named in
            switch named {
            case .subject(let subject): try of(subject, folder, seal)
            case .pseudonym(let name): name
            }
        }
    }

    /// The pseudonym of a subject; nil when nothing is recorded of it.
    package static func of(
        _ subject: JournalSubject, _ folder: String, _ seal: SealKey
    ) throws -> JournalPseudonym? {
        let path = (folder as NSString).appendingPathComponent(JournalSubjects.fileName)
        guard PrivateFile.exists(path) else { return nil }
        return try JournalSubjects(folder, seal, .reading).pseudonym(of: subject)
    }
}
