import Synchronization

/// How often each limit was hit and each thing happened, since the start; one loop's share.
///
/// Only its loop counts; anyone may read, and sees numbers that are a moment old.
package final class Counters: Sendable {
    private let cells: [Cell]

    init() {
        cells = Event.allCases.map { _ in Cell() }
    }

    /// One more of `event`.
    func count(_ event: Event) {
        cells[event.rawValue].value.add(1, ordering: .relaxed)
    }

    /// How many of `event` there were.
    func total(_ event: Event) -> Int {
        cells[event.rawValue].value.load(ordering: .relaxed)
    }

    private final class Cell: Sendable {
        let value = Atomic<Int>(0)
    }

    /// What is counted: a closed set, whose names are those of metrics.
    package enum Event: Int, Sendable, CaseIterable {
        case connectionsOpened, connectionsClosed, requests, forwarded, tunnels
        case interceptions
        case clientLimit, exchangeLimit, acceptPaused, acceptFailed, proxyHeaderRefused
        case handshakeFailed, handshakeTimeout
        case headTimeout, keepAliveTimeout, bodyTimeout, writeStall
        case bodyTooLarge, bodiesRefused, malformed, requestsLimit, ageLimit
        case aborted, clientGone, shed
        case upstreamConnections, upstreamRetried, upstreamFailed, upstreamBusy, upstreamSuspended,
            upstreamTimeout
        case addressRefused
        case http2Connections, http2StreamsRefused
        case http2Control, http2Resets, http2Priorities, http2WindowUpdates, http2EmptyFrames
        case http2Continuations, http2Fields
    }
}

extension Counters.Event {
    /// The name of the metric, without a prefix.
    package var name: String {
        switch self {
        case .connectionsOpened: return "connections_opened_total"
        case .connectionsClosed: return "connections_closed_total"
        case .requests: return "requests_total"
        case .forwarded: return "requests_forwarded_total"
        case .tunnels: return "tunnels_opened_total"
        case .interceptions: return "connections_intercepted_total"
        case .clientLimit: return "client_connections_refused_total"
        case .exchangeLimit: return "client_requests_refused_total"
        case .acceptPaused: return "accept_paused_total"
        case .acceptFailed: return "accept_failed_total"
        case .proxyHeaderRefused: return "proxy_headers_refused_total"
        case .handshakeFailed: return "tls_handshakes_failed_total"
        case .handshakeTimeout: return "tls_handshake_timeouts_total"
        case .headTimeout: return "request_head_timeouts_total"
        case .keepAliveTimeout: return "keep_alive_timeouts_total"
        case .bodyTimeout: return "request_body_timeouts_total"
        case .writeStall: return "write_stalls_total"
        case .bodyTooLarge: return "request_bodies_too_large_total"
        case .bodiesRefused: return "request_bodies_refused_total"
        case .malformed: return "requests_malformed_total"
        case .requestsLimit: return "connection_request_limits_total"
        case .ageLimit: return "connection_age_limits_total"
        case .aborted: return "answers_aborted_total"
        case .clientGone: return "clients_gone_total"
        case .shed: return "shed_total"
        case .upstreamConnections: return "upstream_connections_total"
        case .upstreamRetried: return "upstream_retries_total"
        case .upstreamFailed: return "upstream_failures_total"
        case .upstreamBusy: return "upstream_busy_total"
        case .upstreamSuspended: return "upstream_suspended_requests_total"
        case .upstreamTimeout: return "upstream_timeouts_total"
        case .addressRefused: return "outbound_addresses_refused_total"
        case .http2Connections: return "http2_connections_total"
        case .http2StreamsRefused: return "http2_streams_refused_total"
        case .http2Control: return "http2_control_floods_total"
        case .http2Resets: return "http2_reset_floods_total"
        case .http2Priorities: return "http2_priority_floods_total"
        case .http2WindowUpdates: return "http2_window_update_floods_total"
        case .http2EmptyFrames: return "http2_empty_frame_floods_total"
        case .http2Continuations: return "http2_continuation_floods_total"
        case .http2Fields: return "http2_field_floods_total"
        }
    }
}
