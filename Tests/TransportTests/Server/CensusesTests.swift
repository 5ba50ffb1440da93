import NIOCore
import OpenSSL
import Testing

@testable import Transport

@Suite struct CensusesTests {
    /// As many descriptors as leave room for so many clients.
    private static func descriptors(for clients: Int) -> DescriptorLimit {
        DescriptorLimit(of: 64 + 2 * clients, loops: 1)
    }

    @Test(arguments: [1, 8, 64, 100, 127, 128, 200, 4096, 4097, 9500])
    func whatIsWantedIsEnoughForBoth(_ connections: Int) {
        let wanted = DescriptorLimit.wanted(connections: connections, loops: 1)
        let room = ConnectionRoom(
            connections, [.each, .together], within: DescriptorLimit(of: wanted, loops: 1))
        #expect(room.clients == connections)
        #expect(room.wayOut == max(connections / 8, 16))
        #expect(room == ConnectionRoom(connections, [.each, .together], within: .none))
    }

    @Test(arguments: [(16, 8, 8), (32, 16, 16), (96, 80, 16), (480, 427, 53)])
    func whereDescriptorsAreFewBothHaveSome(_ all: Int, _ clients: Int, _ wayOut: Int) {
        let room = ConnectionRoom(
            4096, [.each, .each, .together], within: Self.descriptors(for: all))
        #expect((room.clients, room.wayOut) == (clients, wayOut))
    }

    @Test func withoutAWayOutTheClientsHaveAll() {
        let few = ConnectionRoom(4096, [.each, .each], within: Self.descriptors(for: 480))
        #expect((few.clients, few.wayOut) == (480, 0))
        #expect(ConnectionRoom(64, [.each], within: .none).clients == 64)
    }

    /// A server for all who come, and its way out: the ports of both.
    private func serve(
        _ limits: ServerLimits,
        _ body: (_ port: Int, _ wayOut: Int, LoopGroup, Server) async throws -> Void
    ) async throws {
        let group = LoopGroup(count: 1)
        let address = try #require(IPAddress("127.0.0.1"))
        let server = try await Server.start(
            ServerConfiguration(
                listeners: [
                    .init(.tcp(address, port: 0)),
                    .init(.tcp(address, port: 0), purpose: .forwardProxy, counting: .together),
                ], limits: limits),
            on: group, handler: TestHandler { _, _ in .answer(Answer(status: 200)) })
        let ports = server.addresses.compactMap { address -> Int? in
            if case .tcp(_, let port) = address { port } else { nil }
        }
        do {
            try #require(ports.count == 2)
            try await body(ports[0], ports[1], group, server)
        } catch {
            await group.shutdown()
            throw error
        }
        await group.shutdown()
    }

    private static let last = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    /// Of more than there may be each loop accepts a few, before it looks at the count.
    @Test func neitherTheClientsNorTheWayOutTakeTheConnectionsOfTheOther() async throws {
        var limits = ServerLimits()
        limits.connections = 2
        limits.requestHead = .seconds(600)
        for isWayOutFull in [false, true] {
            try await serve(limits) { port, wayOut, group, server in
                let (full, other) = isWayOutFull ? (wayOut, port) : (port, wayOut)
                var held: [any Channel] = []
                for _ in 0..<(isWayOutFull ? 16 : 2) {
                    held.append(try await RawClient.connect(to: full, on: group).0)
                }
                let count = held.count
                #expect(try await eventually { server.connections == count })
                #expect(try await eventually { group.count(of: .acceptPaused) == 1 })
                for _ in 0..<3 {
                    let heard = try await RawClient.talk(
                        [(.zero, Self.last)], to: other, on: group)
                    #expect(heard.hasPrefix("HTTP/1.1 200 "))
                }
                for channel in held { try await channel.close() }
            }
        }
    }

    @Test func neitherTheClientsNorTheWayOutTakeTheMemoryOfTheOther() throws {
        let listeners = [ClientCounting.each, .together].map {
            ServerConfiguration.Listener(.unix(path: "/nowhere"), counting: $0)
        }
        let censuses = Censuses(
            ServerConfiguration(listeners: listeners), .none, SharedPressure())
        let limits = ServerLimits()
        for limit in [1 << 20, 8 << 20] {
            let all = limit > 4 << 20 ? limits.documentBytes : limits.gatheredBytes
            let clients = BodyShare(censuses[.each].bodies(upTo: limit), of: nil)
            let wayOut = BodyShare(censuses[.together].bodies(upTo: limit), of: nil)
            #expect(clients.take(all) == .granted && clients.take(1) == .refused)
            #expect(wayOut.take(all / 4) == .granted && wayOut.take(1) == .refused)
        }
    }
}
