import Foundation
import Glibc
import NIOCore
import OpenSSL
import Testing

@testable import Transport

/// What listens when, and on which terms.
@Suite struct ListeningSocketsTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    private func folder() throws -> String {
        let path =
            FileManager.default.temporaryDirectory.path + "/s\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        return path
    }

    private func answering(_ text: String) -> TestHandler {
        TestHandler { _, _ in .answer(Answer(status: 200, body: Array(text.utf8))) }
    }

    /// A server that cannot have its second address has not answered at its first.
    @Test func nothingIsAcceptedBeforeAllIsBound() async throws {
        let address = try #require(IPAddress("127.0.0.1"))
        let group = LoopGroup(count: 2)
        let first = try await Server.start(
            ServerConfiguration(listeners: [.init(.tcp(address, port: 0))]), on: group,
            handler: answering("first"))
        guard case .tcp(_, let taken) = first.addresses[0] else { return }
        let path = try folder() + "/a.sock"
        let client = Task { () -> Int in
            // Whoever gets through to the other address is not answered.
            var answered = 0
            while !Task.isCancelled {
                if let channel = try? await RawUnix.talk(Self.get, to: path, on: group) {
                    if channel.contains("second") { answered += 1 }
                }
                try? await Task.sleep(for: .milliseconds(1))
            }
            return answered
        }
        for _ in 0..<20 {
            await #expect(throws: ListenFailure.self) {
                try await Server.start(
                    ServerConfiguration(listeners: [
                        .init(.unix(path: path)), .init(.tcp(address, port: taken)),
                    ]), on: group, handler: answering("second"))
            }
        }
        client.cancel()
        #expect(await client.value == 0)
        await group.shutdown()
    }

    @Test func whatIsInTheWayOfASocketIsSaidWithWhatMendsIt() async throws {
        let group = LoopGroup(count: 1)
        let folder = try folder()
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
        for (path, words) in [
            (folder + "/file", "something else than a socket lies there; move it away"),
            (folder + "/none/a", "there is no folder \(folder)/none; mkdir \(folder)/none"),
            (folder + "/file/a", "there is no folder \(folder)/file"),
        ] {
            let error = await #expect(throws: ListenFailure.self) {
                try await Server.start(
                    ServerConfiguration(listeners: [.init(.unix(path: path))]), on: group,
                    handler: answering("none"))
            }
            #expect(error?.reason.hasPrefix(words) == true, "\(path): \(error?.reason ?? "")")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/file")) == Data("x".utf8))
        let denied = IOError(errnoCode: EACCES, reason: "lock")
        #expect(
            ListenFailure(address: .unix(path: "/a/b"), denied).reason.contains("write in /a,"))
        await group.shutdown()
    }

    @Test func aKernelWithoutIPv6IsTold() {
        let error = IOError(errnoCode: EAFNOSUPPORT, reason: "socket")
        func said(_ address: IPAddress) -> String {
            ListenFailure(address: .tcp(address, port: 443), error).description
        }
        #expect(said(.v6(0, 0)).hasPrefix("cannot listen on [::]:443: the kernel"))
        #expect(said(.v6(0, 0)).hasSuffix("has no IPv6; write 0.0.0.0:443"))
        #expect(said(.v6(0, 1)).hasSuffix("has no IPv6; write 127.0.0.1:443"))
        #expect(said(.v6(0x2001_0DB8 << 32, 1)).hasSuffix("has no IPv6"))
    }

    /// Of many that begin at the same moment one has the path, and it keeps it.
    @Test func onePathHasOneServer() async throws {
        let group = LoopGroup(count: 2)
        let path = try folder() + "/b.sock"
        for _ in 0..<5 {
            let servers = await withTaskGroup(of: Server?.self) { tasks in
                for number in 0..<4 {
                    tasks.addTask {
                        try? await Server.start(
                            ServerConfiguration(listeners: [.init(.unix(path: path))]), on: group,
                            handler: answering("\(number)"))
                    }
                }
                var servers: [Server] = []
                for await server in tasks { if let server { servers.append(server) } }
                return servers
            }
            #expect(servers.count == 1)
            let said = try await RawUnix.talk(Self.get, to: path, on: group)
            #expect(said.hasPrefix("HTTP/1.1 200 "))
            for server in servers { await server.shutdown(grace: .seconds(1)) }
        }
        await group.shutdown()
    }

    /// The umask says nothing about it.
    @Test(arguments: [(ListenerPurpose.serve, 0o666), (.forwardProxy, 0o660)])
    func whoMayConnectToASocketIsAMatterOfWhatItIsFor(
        purpose: ListenerPurpose, mode: Int
    ) async throws {
        let group = LoopGroup(count: 1)
        let path = try folder() + "/c.sock"
        let server = try await Server.start(
            ServerConfiguration(listeners: [.init(.unix(path: path), purpose: purpose)]), on: group,
            handler: answering("a"))
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        #expect(facts[.posixPermissions] as? Int == mode)
        await server.shutdown(grace: .seconds(1))
        await group.shutdown()
    }

    /// Who goes on with it may mean something else by it.
    @Test(arguments: [(ListenerPurpose.serve, 0o666), (.forwardProxy, 0o660)])
    func thatOfTheServerBeforeIsOpenToThoseWhomItIsForNow(
        purpose: ListenerPurpose, mode: Int
    ) async throws {
        let group = LoopGroup(count: 1)
        let path = try folder() + "/d.sock"
        let first = try await Server.start(
            ServerConfiguration(listeners: [
                .init(.unix(path: path), purpose: purpose == .serve ? .forwardProxy : .serve)
            ]), on: group, handler: answering("first"))
        let sockets = await first.duplicateSockets().compactMap { ListeningSocket($0) }
        #expect(sockets.count == 1)
        await first.shutdown(grace: .seconds(1))
        let second = try await Server.start(
            ServerConfiguration(listeners: [.init(.unix(path: path), purpose: purpose)]), on: group,
            former: sockets, handler: answering("second"))
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        #expect(facts[.posixPermissions] as? Int == mode)
        await second.shutdown(grace: .seconds(1))
        await group.shutdown()
    }

    /// New terms are for new connections.
    @Test func aListenerMayChangeItsTermsWhileItListens() async throws {
        let address = try #require(IPAddress("127.0.0.1"))
        let group = LoopGroup(count: 1)
        var limits = ServerLimits()
        // Beside hundreds of other tests a step of one may come late.
        limits.requestHead = .seconds(600)
        var listener = ServerConfiguration.Listener(.tcp(address, port: 0))
        let server = try await Server.start(
            ServerConfiguration(listeners: [listener], limits: limits), on: group,
            handler: TestHandler { _, client in
                .answer(Answer(status: 200, body: Array(client.addressText.utf8)))
            })
        guard case .tcp(_, let port) = server.addresses[0] else { return }
        let (old, heard) = try await RawClient.connect(to: port, on: group, saying: "GET / HT")
        #expect(try await eventually { server.connections == 1 })
        listener.announcers = TrustedProxies([try CIDR("127.0.0.0/8")])
        server.change(ServerConfiguration(listeners: [listener], limits: limits))
        let announced = try await RawClient.talk(
            [(.zero, "PROXY TCP4 192.0.2.7 198.51.100.1 1 443\r\n" + Self.get)], to: port,
            on: group)
        #expect(announced.hasSuffix("192.0.2.7"))
        try await old.writeAndFlush(ByteBuffer(string: String(Self.get.dropFirst(8)))).get()
        #expect(try await heard.get().hasSuffix("127.0.0.1"))
        await group.shutdown()
    }

    /// Who sends a request slowly, though fast enough, holds up nobody: it was not judged.
    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\nX-A: ",
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
    ])
    func whatIsNotWholeIsNotWaitedForByASuccessor(_ text: String) async throws {
        try await serve(
            {
                $0.requestHead = .seconds(600)
                $0.bodyIdle = .seconds(600)
                $0.bodyBytesPerSecond = 0
            }, echoing
        ) { port, group, server in
            let (_, heard) = try await RawClient.connect(to: port, on: group, saying: text)
            #expect(try await eventually { server.connections == 1 })
            await server.retire(grace: .seconds(60))
            let answer = try await heard.get()
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
            #expect(answer.contains("\r\nconnection: close\r\n"))
        }
    }

    /// Who connects while nobody accepts is answered by the next.
    @Test func aServerGoesOnWithTheSocketsOfAnother() async throws {
        let address = try #require(IPAddress("127.0.0.1"))
        let path = try folder() + "/c.sock"
        let group = LoopGroup(count: 2)
        let first = try await Server.start(
            ServerConfiguration(listeners: [
                .init(.tcp(address, port: 0)), .init(.unix(path: path)),
            ]), on: group, handler: answering("first"))
        guard case .tcp(_, let port) = first.addresses[0] else { return }
        let sockets = await first.duplicateSockets().compactMap { ListeningSocket($0) }
        #expect(sockets.count == 3)
        #expect(sockets.compactMap { ListenAddress($0.name) }.contains(.unix(path: path)))
        await first.retire(grace: .seconds(5))
        async let waiting = RawClient.talk([(.zero, Self.get)], to: port, on: group)
        let listeners: [ServerConfiguration.Listener] = [
            .init(.tcp(address, port: port)), .init(.unix(path: path)),
        ]
        // One that nobody wants is not left open in silence.
        await #expect(throws: ListenFailure.self) {
            let copies = sockets.compactMap { ListeningSocket(dup($0.descriptor)) }
            return try await Server.start(
                ServerConfiguration(listeners: [listeners[0]]), on: group, inherited: copies,
                handler: answering("none"))
        }
        // Nor is it called another program where it is in the way of what is wanted.
        let failure = await #expect(throws: ListenFailure.self) {
            let copies = sockets.compactMap { ListeningSocket(dup($0.descriptor)) }
            return try await Server.start(
                ServerConfiguration(listeners: [
                    listeners[1], .init(.tcp(try #require(IPAddress("0.0.0.0")), port: port)),
                ]), on: group, inherited: copies, handler: answering("none"))
        }
        #expect(failure?.address == "127.0.0.1:\(port)")
        #expect(failure?.reason.contains("ocmgate.socket") == true)
        let second = try await Server.start(
            ServerConfiguration(listeners: listeners), on: group, inherited: sockets,
            handler: answering("second"))
        #expect(second.addresses == listeners.map(\.address))
        #expect(try await waiting.hasSuffix("second"))
        #expect(try await RawUnix.talk(Self.get, to: path, on: group).hasSuffix("second"))
        await group.shutdown()
    }
}
