import ArgumentParser
import Federation
import Foundation
import Gateway
import OpenSSL

/// `ocmgate token inspect`: what an access token says.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Access tokens.", subcommands: [Inspect.self])

    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a token with the seal key, and print what it says.",
            discussion: "Exit code 1 for a token that is expired or none of ours.")

        @Argument(help: "The token; - reads it from stdin, which keeps it out of the process list.")
        var token: String

        @OptionGroup var option: ConfigurationOption

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let settings = try option.load()
            let key = try ShareCommand.sealKey(settings)
            let text = token == "-" ? (readLine() ?? "") : token
            guard let site = Site(origin: settings.site.origin, aliases: []) else {
                throw CommandFailure("site.origin cannot be used")
            }
            do throws(Denial) {
                let sealer = try Self.sealer(key, site)
                show(try sealer.open(text, now: Int(Date().timeIntervalSince1970)))
            } catch {
                Output.error("\(error.code.rawValue): \(error.detail)")
                throw Exit.findings
            }
        }

        private static func sealer(_ key: SealKey, _ site: Site) throws(Denial) -> TokenSealer {
            do { return try RunningGateway.tokenSealer(key, site) } catch {
                throw Denial(.storeUnavailable, "\(error)")
            }
        }

        private func show(_ token: AccessToken) {
            let permissions: String =
                switch token.permissions {
                case .unspecified: "unspecified"
                case .named(let words): words.joined(separator: ",")
                }
            if json {
                Output.json([
                    "share": .string(token.share), "peer": .string(token.peer.description),
                    "permissions": .string(permissions), "path": .string(token.pathPrefix),
                    "issued": .number(token.issued), "expires": .number(token.expires),
                ])
                return
            }
            Output.line("share\t\(token.share)")
            Output.line("peer\t\(token.peer)")
            Output.line("permissions\t\(permissions)")
            Output.line("path\t\(token.pathPrefix)")
            Output.line("issued\t\(token.issued)")
            Output.line("expires\t\(token.expires)")
        }
    }
}
