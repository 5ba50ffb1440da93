import ArgumentParser
import Federation
import Foundation
import Gateway
import OpenSSL

/// `ocmgate token inspect|revoke`: access tokens.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Access tokens.", subcommands: [Inspect.self, Revoke.self])

    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a token with the seal key, and print what it says.",
            discussion: """
                Looks at the token alone: whether its share still stands is `ocmgate share show`. \
                Exit codes: 0 a token of ours that is valid, 1 expired or none of ours, 2 there \
                is no seal key to open it with.
                """)

        @Argument(help: "The token; - reads it from stdin, which keeps it out of the process list.")
        var token: String

        @OptionGroup var option: ConfigurationOption

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let settings = try option.load()
            let key = try ShareCommand.sealKey(settings.state, whenMissing: .refuse)
            let text = token == "-" ? (readLine() ?? "") : token
            guard let site = Site(origin: settings.site.origin, aliases: []) else {
                throw CommandFailure("site.origin cannot be used")
            }
            do throws(Denial) {
                let sealer = try Self.sealer(key, site)
                let token = try sealer.opened(text)
                let expiry = token.expiry(at: Int(Date().timeIntervalSince1970))
                show(token, expiry)
                if expiry == nil { return }
            } catch {
                let reason = Self.reason(error)
                if json {
                    Output.json(["valid": .bool(false), "reason": .string(reason)])
                } else {
                    Output.error(reason)
                }
            }
            throw Exit.findings
        }

        private static func sealer(_ key: SealKey, _ site: Site) throws(Denial) -> TokenSealer {
            do { return try RunningGateway.tokenSealer(key, site) } catch {
                throw Denial(.storeUnavailable, "\(error)")
            }
        }

        private static func reason(_ denial: Denial) -> String {
            "\(denial.code.rawValue): \(denial.detail)"
        }

        private func show(_ token: AccessToken, _ expiry: Denial?) {
            let permissions: String =
                switch token.permissions {
                case .unspecified: "unspecified"
                case .named(let words): words.joined(separator: ",")
                }
            if json {
                Output.json([
                    "valid": .bool(expiry == nil),
                    "reason": expiry.map { .string(Self.reason($0)) } ?? .null,
                    "share": .string(token.share),
                    "peer": .string(token.peer.description),
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
            if let expiry {
                Output.error("\(expiry.code.rawValue): since \(Moment.text(token.expires))")
            }
        }
    }
}
