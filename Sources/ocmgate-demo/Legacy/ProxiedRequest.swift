import Foundation
import Transport

/// A request of an old server, sent as PHP sends it: by curl, through the forward proxy that the
/// server was told to use, believing the authority that was imported into it.
struct ProxiedRequest {
    let method: Transport.Method
    let url: String
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []

    /// What came back; status 0 when there was no answer, and then the body says why.
    struct Response: Sendable {
        var status: Int
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var isSuccess: Bool { (200..<300).contains(status) }
    }

    /// - Parameters:
    ///   - proxy: its port on loopback.
    ///   - authority: the file with the certificate of the proxy's authority.
    func send(through proxy: Int, believing authority: String) throws -> Response {
        let process = Process()
        let (input, output, problem) = (Pipe(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "curl", "--disable", "--silent", "--show-error", "--http1.1", "--include",
                "--suppress-connect-headers", "--max-time", "30", "--noproxy", "",
                "--proxy", "http://127.0.0.1:\(proxy)", "--cacert", authority,
                "--request", method.rawValue,
            ] + fields.flatMap { ["--header", "\($0.name): \($0.value)"] }
            + (body.isEmpty ? [] : ["--data-binary", "@-"]) + [url]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = problem
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: body)
        try input.fileHandleForWriting.close()
        let bytes = [UInt8](try output.fileHandleForReading.readToEnd() ?? Data())
        let reason = try problem.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        switch process.terminationStatus {
        case 0: break
        case 127: throw DemoFailure("curl is missing; on Debian: apt-get install curl")
        default: return Response(status: 0, body: [UInt8](reason))
        }
        return try Self.response(bytes)
    }

    /// The last head and what follows it; those before are interim ones.
    static func response(_ bytes: [UInt8]) throws -> Response {
        var rest = bytes[...]
        while true {
            guard let end = rest.firstRange(of: Array("\r\n\r\n".utf8)),
                let status = rest.split(separator: UInt8(ascii: " "), maxSplits: 2)
                    .dropFirst().first.flatMap({ Int(String(decoding: $0, as: UTF8.self)) })
            else { throw DemoFailure("curl wrote no answer") }
            rest = rest[end.upperBound...]
            if status >= 200 { return Response(status: status, body: Array(rest)) }
        }
    }
}
