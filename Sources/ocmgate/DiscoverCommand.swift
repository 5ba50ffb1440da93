import ArgumentParser
import Federation
import Gateway
import Logging
import OpenSSL
import Transport

/// `ocmgate discover HOST`: what a peer publishes of itself, and what follows from it.
struct DiscoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discover", abstract: "Fetch and judge what a server publishes of itself.",
        discussion: "Exit code 1 when it publishes nothing, 2 when it cannot be asked.")

    @Argument(help: "host[:port]")
    var host: String

    @OptionGroup var option: ConfigurationOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        guard let peer = PeerHost(host) else {
            throw CommandFailure("\(host) is not a host; write it like cloud.partner.example")
        }
        let settings = try option.load()
        let log = GatewayLog(level: .error, format: settings.log.format.written)
        let group = LoopGroup(count: 1)
        let client = try RunningGateway.outboundClient(settings, group)
        let directory = RunningGateway.peerDirectory(
            settings, client, .live, log, patience: .seconds(60))
        let found: PeerDocument
        do throws(Denial) { found = try await directory.document(of: peer) } catch {
            await group.shutdown()
            throw CommandFailure(error.detail)
        }
        await group.shutdown()
        switch found {
        case .absent:
            print(absent: peer)
            throw Exit.findings
        case .published(let document): print(document, of: peer)
        }
    }

    private func print(absent peer: PeerHost) {
        if json {
            Output.json(["host": .string(peer.description), "published": .bool(false)])
        } else {
            Output.line("\(peer) answers, and publishes no OCM discovery document")
        }
    }

    private func print(_ document: DiscoveryDocument, of peer: PeerHost) {
        let generation =
            document.jwksURI != nil || document.capabilities.contains(.httpSig)
            ? "rfc9421" : document.advertisesSignatures ? "cavage" : "none"
        if json {
            Output.json([
                "host": .string(peer.description), "published": .bool(true),
                "endPoint": .string(document.endPoint),
                "provider": document.provider.map { .string($0) } ?? .null,
                "version": .string(document.version ?? document.apiVersion ?? ""),
                "capabilities": .strings(document.capabilities.map(\.rawValue).sorted()),
                "criteria": .strings(document.criteria.map(\.rawValue).sorted()),
                "signatures": .string(generation),
                "exchangesTokens": .bool(document.exchangesTokens),
                "oddities": .strings(document.oddities),
            ])
            return
        }
        Output.line("\(peer): \(document.provider ?? "unnamed"), \(document.endPoint)")
        Output.line("  version        \(document.version ?? document.apiVersion ?? "none")")
        Output.line("  signs          \(generation)")
        Output.line("  token exchange \(document.exchangesTokens ? "yes" : "no")")
        Output.line(
            "  criteria       \(document.criteria.map(\.rawValue).sorted().joined(separator: ", "))"
        )
        for oddity in document.oddities { Output.line("  odd: \(oddity)") }
    }
}
