import ArgumentParser
import Gateway
import HTTP2
import OpenSSL

/// `ocmgate version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version, and what of the state it writes.",
        discussion: """
            The schema is that of the state: two builds of one version that differ in it exclude one another, \
            and the higher one is the newer (docs/changes.md). OpenSSL and nghttp2 are the system's.
            """)

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() {
        if json {
            Output.json([
                "version": .string(Version.text), "schema": .number(Version.schema),
                "openssl": .string(Cryptography.version),
                "nghttp2": .string(HTTP2Library.version),
            ])
        } else {
            Output.line(
                "ocmgate \(Version.text), schema \(Version.schema) (OpenSSL \(Cryptography.version), nghttp2 "
                    + "\(HTTP2Library.version))")
        }
    }
}
