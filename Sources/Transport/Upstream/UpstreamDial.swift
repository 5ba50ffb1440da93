import Glibc
import NIOCore
import NIOPosix
import OpenSSL

/// One attempt to connect to an upstream: its name is resolved, all addresses are judged where
/// there is a guard, and then some tried in turn until one connects, TLS included. Behind an outer proxy
/// it is that one which is dialled, and asked for an address that was judged here.
final class UpstreamDial: LoopMember {
    var memberIndex = -1
    private let upstream: Upstream
    private let loop: Loop
    private let announced: ProxyHeader
    private var receiver: (any AnswerReceiver)?
    private var candidates: ArraySlice<Candidate> = []
    /// The connection that is being made.
    private var current: UpstreamConnection?
    private var failure = UpstreamFailure.connectRefused
    private let deadline: LoopTime
    /// When the present candidate has had its share of the time, handshakes included.
    private var turn = LoopTime.never

    /// What is dialled, and what an outer proxy there is asked for.
    private struct Candidate {
        let address: SocketAddress
        var tunnel: Authority?
    }

    init(_ upstream: Upstream, loop: Loop, for receiver: any AnswerReceiver) {
        self.upstream = upstream
        self.loop = loop
        self.receiver = receiver
        announced = UpstreamPool.announced(to: upstream, for: receiver)
        deadline = loop.latest + upstream.limits.connect
        loop.add(self)
        // Later, so that the receiver knows of this dial before it hears from it.
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.execute { bound.value.begin() }
    }

    /// The receiver no longer wants the connection; one that is still made is closed.
    func abandon() {
        receiver = nil
    }

    private var isOver: Bool { memberIndex < 0 }

    private var scope: Resolver.Scope {
        upstream.guarding == nil ? .machine : Resolver.Scope(upstream.acquaintance)
    }

    private func begin() {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        switch upstream.endpoint {
        case .unix(let path):
            do {
                candidates = [Candidate(address: try SocketAddress(unixDomainSocketPath: path))]
                tryNext()
            } catch {
                end(.connectRefused)
            }
        case .tcp(.address(let address), let port):
            judge([address], port)
        case .tcp(let host, _) where upstream.guarding?.judge(host) == .refused(.localName):
            loop.counters.count(.addressRefused)
            end(.unresolved)
        case .tcp(.name(let name), let port):
            loop.addresses(of: name, in: scope).whenComplete {
                switch $0 {
                case .success(let addresses): bound.value.judge(addresses, port)
                case .failure: bound.value.end(.unresolved)
                }
            }
        }
    }

    /// Only addresses that were judged here are dialled, and no name is resolved again.
    private func judge(_ addresses: [IPAddress], _ port: UInt16) {
        if let guarding = upstream.guarding {
            for address in addresses {
                switch guarding.judge(address) {
                case .allowed: break
                case .refused:
                    loop.counters.count(.addressRefused)
                    end(.addressRefused(address))
                    return
                }
            }
        }
        let dialled = Self.dialled(addresses)
        guard let proxy = upstream.proxy else {
            candidates =
                dialled.compactMap {
                    SocketAddress($0, port: port).map { Candidate(address: $0) }
                }[...]
            tryNext()
            return
        }
        let targets = dialled.map { Authority(host: .address($0), port: port) }
        switch proxy.host {
        case .address(let address): go(through: [address], proxy.port, to: targets)
        case .name(let name):
            let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
            loop.addresses(of: name, in: .machine).whenComplete {
                switch $0 {
                case .success(let found): bound.value.go(through: found, proxy.port, to: targets)
                case .failure: bound.value.end(.unresolved)
                }
            }
        }
    }

    private func go(through proxies: [IPAddress], _ port: UInt16, to targets: [Authority]) {
        let dialled = proxies.compactMap { SocketAddress($0, port: port) }
        candidates =
            targets.flatMap { target in
                dialled.map { Candidate(address: $0, tunnel: target) }
            }[...]
        tryNext()
    }

    private func tryNext() {
        guard !isOver else { return }
        guard let candidate = candidates.popFirst() else {
            end(failure)
            return
        }
        let connection = UpstreamConnection(upstream, loop: loop, announced: announced)
        current = connection
        let share = Self.share(of: deadline - loop.latest, before: candidates.count)
        turn = loop.latest + share
        let (upstream, announced) = (upstream, announced)
        let bound = NIOLoopBound((dial: self, connection: connection), eventLoop: loop.eventLoop)
        ClientBootstrap(group: loop.eventLoop)
            .connectTimeout(.nanoseconds(max(.milliseconds(1), share).nanoseconds))
            .channelOption(.autoRead, value: false)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: SocketTuning.fromUpstreams)
            .channelOption(.writeBufferWaterMark, value: SocketTuning.waterMark)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    switch candidate.address {
                    case .v4, .v6: try SocketTuning.watch(channel)
                    case .unixDomainSocket: break
                    }
                    switch upstream.announcement {
                    case .none: break
                    case .proxyV2:
                        try channel.pipeline.syncOperations.addHandler(
                            ProxyHeaderSender(announced))
                    }
                    if let target = candidate.tunnel {
                        let bound = NIOLoopBound(bound.value, eventLoop: channel.eventLoop)
                        try channel.pipeline.syncOperations.addHandler(
                            OuterProxyHandler(to: target) { failure in
                                bound.value.dial.tunnelled(bound.value.connection, failure)
                            })
                    }
                    if let security = upstream.security {
                        let engine = try TLSEngine(
                            client: security.context, serverName: security.serverName)
                        let dial = NIOLoopBound(bound.value.dial, eventLoop: channel.eventLoop)
                        try channel.pipeline.syncOperations.addHandler(
                            TLSHandler(
                                engine, dial.value.loop.shelf,
                                onReady: { dial.value.shaken(bound.value.1, $0) }))
                    }
                    try channel.pipeline.syncOperations.addHandler(bound.value.connection)
                }
            }
            .connect(to: candidate.address)
            .whenComplete { result in
                bound.value.dial.connected(bound.value.connection, result.map { _ in })
            }
    }

    /// Which addresses of a name are dialled: six at most, since whoever has a name can give it thousands
    /// that are others'; of both families in turn, since one may lead nowhere from here (RFC 8305, section 4).
    static func dialled(_ addresses: [IPAddress]) -> [IPAddress] {
        guard let first = addresses.first else { return [] }
        let ones = addresses.filter { $0.isV4 == first.isV4 }
        let others = addresses.filter { $0.isV4 != first.isV4 }
        var dialled: [IPAddress] = []
        for index in 0..<mostDialled {
            if index < ones.count { dialled.append(ones[index]) }
            if index < others.count { dialled.append(others[index]) }
        }
        return Array(dialled.prefix(mostDialled))
    }

    private static let mostDialled = 6

    /// How much of the time that is left one candidate has, handshakes included, with so many behind it:
    /// half, since most of those that answer are only slow; the last one all.
    static func share(of left: Duration, before others: Int) -> Duration {
        others == 0 ? left : left / 2
    }

    private func connected(_ connection: UpstreamConnection, _ result: Result<Void, any Error>) {
        switch result {
        case .success:
            if upstream.security == nil, upstream.proxy == nil { deliver(connection) }
        case .failure(let error):
            guard current === connection else { return }
            switch (error as? IOError)?.errnoCode {
            case EMFILE?, ENFILE?: end(.busy)
            default:
                failure = error is ChannelError ? .connectTimeout : .connectRefused
                tryNext()
            }
        }
    }

    /// The outer proxy has answered.
    private func tunnelled(_ connection: UpstreamConnection, _ failure: UpstreamFailure?) {
        guard current === connection else { return }
        if let failure {
            self.failure = failure
            tryNext()
        } else if upstream.security == nil {
            deliver(connection)
        }
    }

    /// The handshake has ended, one way or the other.
    private func shaken(
        _ connection: UpstreamConnection, _ result: Result<TLSNegotiation, TLSFailure>
    ) {
        // Of one that was given up, the next one is under way by now.
        guard current === connection else { return }
        switch result {
        case .success: deliver(connection)
        case .failure(let failure):
            switch failure.kind {
            case .truncated, .violation, .plainHTTP:
                // Cut off, or no TLS at all: another address may do better.
                self.failure = .tls(failure.detail)
                tryNext()
                connection.abandon()
            case .certificate, .nothingInCommon, .noApplicationProtocol, .alert, .flood:
                // Another address of the same name would hardly be more honest.
                end(.tls(failure.detail))
            }
        }
    }

    private func deliver(_ connection: UpstreamConnection) {
        guard !isOver else {
            connection.abandon()
            return
        }
        loop.counters.count(.upstreamConnections)
        connection.isCounted = true
        let receiver = receiver
        finish()
        if let receiver {
            receiver.upstreamReady(connection)
        } else {
            connection.abandon()
        }
    }

    private func end(_ failure: UpstreamFailure) {
        guard !isOver else { return }
        let receiver = receiver
        let current = current
        finish()
        current?.abandon()
        loop.pool.release(upstream)
        upstream.health?.failed(failure, at: loop.now)
        receiver?.upstreamFailed(failure, reply: .none)
    }

    private func finish() {
        receiver = nil
        current = nil
        loop.remove(self)
    }

    func tick(at now: LoopTime) {
        if deadline < now {
            // Without a candidate there is no address yet.
            end(current == nil ? .unresolved : .connectTimeout)
        } else if turn < now, !candidates.isEmpty {
            // It connected and says nothing: the next one may.
            let silent = current
            failure = .connectTimeout
            tryNext()
            silent?.abandon()
        }
    }
}

extension IPAddress {
    fileprivate var isV4: Bool { if case .v4 = self { true } else { false } }
}
