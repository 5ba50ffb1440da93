import Glibc
import NIOCore

/// Stops accepting while the server is full, or the system gives no more descriptors: further
/// clients wait in the backlog of the system, whose own limit is the next one.
///
/// Reading is switched off altogether meanwhile: a listening socket that is only not accepted from
/// would wake its loop again and again.
final class AcceptGate: ChannelInboundHandler, LoopMember {
    typealias InboundIn = any Channel

    var memberIndex = -1
    private let census: Census
    private let loop: Loop
    /// Set while nothing is accepted.
    private var paused: ChannelHandlerContext?
    private var earliest = LoopTime.never

    init(_ census: Census, loop: Loop) {
        self.census = census
        self.loop = loop
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if census.isFull, paused == nil {
            loop.counters.count(.acceptPaused)
            pause(context, for: .zero)
        }
        context.fireChannelReadComplete()
    }

    /// Accepting failed. Only what is wrong with this machine is a reason to wait: a client that
    /// left too early is not, else clients could keep others out.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        loop.counters.count(.acceptFailed)
        let number = (error as? IOError)?.errnoCode
        guard paused == nil, let number, Self.shortages.contains(number) else { return }
        pause(context, for: Self.respite)
    }

    private func pause(_ context: ChannelHandlerContext, for time: Duration) {
        paused = context
        loop.add(self)
        earliest = loop.latest + time
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    }

    func tick(at now: LoopTime) {
        guard let context = paused, earliest <= now, !census.isFull else { return }
        ended()
        try? context.channel.syncOptions?.setOption(.autoRead, value: true)
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { ended() }

    private func ended() {
        guard paused != nil else { return }
        paused = nil
        loop.remove(self)
    }

    private static let shortages: Set<CInt> = [EMFILE, ENFILE, ENOBUFS, ENOMEM]
    /// How long to wait for descriptors or memory.
    private static let respite = Duration.seconds(1)
}
