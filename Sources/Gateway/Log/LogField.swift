/// The names of everything that varies in log lines, in one place.
package enum LogField: String, Sendable, CaseIterable {
    case time, level, message

    // The decision.
    case decision, kind, direction, action, by, place, code, detail, words, status
    case checks, name, result, reason, would, altered
    case policy, profile, candidate, certainty
    /// The hash of what is in force of downloaded lists.
    case lists
    /// What was there before.
    case was

    // Who.
    case peer, standing, client, claimed
    /// The client certificate: the hosts that it is for, and its digest.
    case certificate, names, fingerprint

    // The signature.
    case signature, generation
    case keyID = "key_id"
    case algorithm, covered, created, offset
    /// What would have made the signature verify: what was signed, and what was seen.
    case distortions, signed, seen

    // The message.
    case ocm, method
    case shareType = "share_type"
    case resourceType = "resource_type"
    case permissions, requirements
    case providerID = "provider_id"
    case notificationType = "notification_type"
    case protocols, share
    /// Keyed fingerprints of secrets.
    case secrets

    // What came of it.
    case backendStatus = "backend_status"
    case peerStatus = "peer_status"
    case timings, verify, fetch, backend, total

    // Around it.
    case address, file, problem, remedy, count, host, text
    case seconds, suppressed, differing, bytes, limit
    /// Schemas of the state, and where it is kept as it was.
    case from, to, copy
    /// Of the program, and of the state that it writes.
    case version, schema
    /// Keys of the configuration.
    case keys, renewed
}
