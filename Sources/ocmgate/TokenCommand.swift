import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate token inspect|revoke`: access tokens.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Look into an access token; end those of a share.",
        subcommands: [Inspect.self, Revoke.self])

    /// `ocmgate token inspect`.
    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a token with the seal key, and print what it says.",
            discussion: """
                Where the state can be read, it is also told whether its share still stands and \
                whether it was revoked; else only what the token says itself. Exit codes: 0 a token \
                of ours that is valid, 1 expired, revoked, of a share that is over, or none of ours, \
                2 there is no seal key to open it with.
                """)

        @Argument(help: "The token; - reads it from stdin, which keeps it out of the process list.")
        var token: String

        @OptionGroup var option: ConfigurationOption

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let settings = try option.load()
            let key = try settings.state.key()
            let text = token == "-" ? (readLine() ?? "") : token
            guard
                let site = Site(
                    origin: settings.site.origin, aliases: settings.site.aliases)
            else {
                throw CommandFailure("site.origin cannot be used")
            }
            do throws(Denial) {
                let sealer = try Self.sealer(key, site)
                let token = try sealer.opened(text)
                let now = Environment.live.now()
                let standing = Self.standing(of: token, settings.state.file, now: now)
                show(token, token.expiry(at: now), standing)
                if token.expiry(at: now) == nil, standing.refusal == nil { return }
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

        /// What the registry says of a token.
        private struct Standing {
            /// Why it opens nothing; nil for one that does, as far as that is known.
            var refusal: String?
            /// Why the state was not read.
            var doubt: String?
        }

        private static func standing(
            of token: AccessToken, _ state: String, now: Int
        ) -> Standing {
            do throws(FileProblem) {
                guard let share = try ShareListing.one(state, token.share) else {
                    return Standing(refusal: "its share is not known here")
                }
                return Standing(refusal: share.refusal(of: token, now: now)?.rawValue)
            } catch { return Standing(doubt: "\(error)") }
        }

        private static func reason(_ denial: Denial) -> String {
            "\(denial.code.rawValue): \(denial.detail)"
        }

        private func show(_ token: AccessToken, _ expiry: Denial?, _ standing: Standing) {
            let (refusal, doubt) = (standing.refusal, standing.doubt)
            let permissions: String =
                switch token.permissions {
                case .unspecified: "unspecified"
                case .named(let words): words.joined(separator: ",")
                }
            if json {
                Output.json([
                    "valid": .bool(expiry == nil && refusal == nil),
                    "reason": .optional(expiry.map(Self.reason) ?? refusal),
                    "unchecked": .optional(doubt),
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
            if let refusal { Output.error("\(DenialCode.tokenInvalid.rawValue): \(refusal)") }
            if let doubt { Output.error("whether its share stands was not checked: \(doubt)") }
        }
    }
}
