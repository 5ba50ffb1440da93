/// The names of everything that varies in log lines, in one place.
package enum LogField: String, Sendable, CaseIterable {
    case time, level, message

    // The decision.
    case decision, kind, direction, action, by, code, fault, detail, status
    case checks, name, result, reason, would, altered
    case policy, profile

    // Who.
    case peer, standing, client, listener, claimed

    // The signature.
    case signature, generation
    case keyID = "key_id"
    case algorithm, label, covered, created, offset

    // The message.
    case ocm, method, path
    case shareType = "share_type"
    case resourceType = "resource_type"
    case permissions, requirements
    case providerID = "provider_id"
    case notificationType = "notification_type"
    case protocols, share
    /// Keyed fingerprints of secrets, by what they are.
    case secrets, secret, handle, token
    case receivedBytes = "received_bytes"

    // What came of it.
    case backend
    case backendStatus = "backend_status"
    case timings, total, verify, store, fetch

    // Around it.
    case address, file, problem, remedy, count, host, url, version, until, added, source, text
    case seconds, suppressed
}
