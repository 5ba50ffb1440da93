import Foundation
import Testing

@testable import Transport

@Suite struct PathJudgementTests {
    enum Route: Equatable, Sendable { case shares, files }

    private func judge(_ raw: String) throws(PathFailure) -> PathJudgement<Route> {
        try .of(latin1(raw)[...]) { path in
            if path == "/ocm/shares" || path == "/index.php/ocm/shares" { return .shares }
            return path.hasPrefix("/dav/") ? .files : nil
        }
    }

    @Test(arguments: [
        ("/ocm/shares", Route.shares, "/ocm/shares"), ("//ocm//shares", .shares, "/ocm/shares"),
        ("/%6fcm/shares", .shares, "/ocm/shares"), ("/dav/a;b", .files, "/dav/a;b"),
        ("/dav/a%3Bb%20c", .files, "/dav/a%3Bb%20c"), ("/dav/50%25ab", .files, "/dav/50%25ab"),
        ("/dav/..a/b.", .files, "/dav/..a/b."),
        ("/dav/https%253A%252F%252Fx%252Fy.html", .files, "/dav/https%253A%252F%252Fx%252Fy.html"),
        ("/dav/20%2510er", .files, "/dav/20%2510er"),
    ])
    func routedPathIsForwardedInItsOneSpelling(_ raw: String, _ route: Route, _ text: String) throws
    {
        guard case .routed(let path, let found) = try judge(raw) else {
            Issue.record("not routed")
            return
        }
        #expect(path.text == text && found == route)
    }

    @Test(arguments: [
        "/", "/apps/files", "/a%2Fb", "/f;x/y", "/apps/%7e", "/ocm/shares2", "/OCM/shares",
    ])
    func otherPathsArePassedThrough(_ raw: String) throws {
        guard case .passThrough(let path) = try judge(raw) else {
            Issue.record("not passed through")
            return
        }
        #expect(path.text == raw)
    }

    @Test(arguments: [
        ("/ocm/shares;x", PathFailure.alias), ("/ocm;x/shares", .alias),
        ("/ocm/shares%3Fx", .alias), ("/ocm/shares%23x", .alias), ("/ocm/shares%253fx", .alias),
        ("/ocm/shares%3Bx", .alias), ("/ocm/%2573hares", .alias), ("/ocm%2Fshares", .encodedSlash),
        ("/index.php%2focm/shares", .encodedSlash), ("/x%5c..%5cocm%5cshares", .encodedBackslash),
        ("/ocm/shares%2500", .doubleEncoding), ("/ocm%25252fshares", .alias),
        ("/x/..%252focm/shares", .doubleEncoding), ("/dav%2fx", .encodedSlash),
        ("/d%2561v/x", .alias), ("/index.php/../ocm/shares", .dotSegment),
        ("/dav/%2e%2e/ocm/shares", .dotSegment), ("/x;/../ocm/shares", .dotSegment),
        ("/./ocm/shares", .dotSegment), ("/ocm/.//shares", .dotSegment),
        ("/dav/.", .dotSegment), ("/dav/./x", .dotSegment), ("/./dav/x", .dotSegment),
        ("/./ocm%2f./shares", .encodedSlash), ("/./x/..%2focm/shares", .encodedSlash),
        ("/./%6fcm/shares", .dotSegment), ("/./ocm;x/shares", .dotSegment),
        ("/ocm/.;x/shares", .dotSegment), ("/./ocm%252fshares", .dotSegment),
        ("/%6fcm;%2fx/shares", .encodedSlash), ("/%6fcm;%3fx/shares", .alias),
        ("/ocm%252fshares", .alias), ("/dav%252fx", .alias),
    ])
    func otherSpellingsOfRoutedPathsAreRefused(_ raw: String, _ failure: PathFailure) {
        #expect(throws: failure) { try judge(raw) }
    }

    /// Whatever is passed through is no routed path for a server that decodes, strips parameters,
    /// takes backslashes for slashes and follows dots, in any order.
    @Test func noPassedThroughPathMeansARoutedOne() throws {
        let pieces = [
            "/", "ocm", "shares", "dav", "index.php", "x", "..", ".", ";", "%2f", "%2e", "%5c",
            "%00", "%25", "%73", "%6f", "2f", "73", "//", "%3b", "%c0%af", "%c0%ae",
        ]
        var dice = Dice(seed: 11)
        var passed = 0
        for _ in 0..<12_000 {
            let raw =
                "/"
                + (0..<Int.random(in: 1...6, using: &dice)).map { _ in
                    pieces.randomElement(using: &dice) ?? ""
                }.joined()
            guard let judgement = try? judge(raw), case .passThrough(let path) = judgement else {
                continue
            }
            passed += 1
            for reading in backendReadings(path.text) {
                #expect(
                    reading != "/ocm/shares" && reading != "/index.php/ocm/shares"
                        && !reading.hasPrefix("/dav/"), "\(raw) may mean \(reading)")
            }
        }
        #expect(passed > 500)
    }

    /// Other code than the gateway's, for other servers: each reading decodes n times and then
    /// tidies in one of several orders.
    private func backendReadings(_ path: String) -> [String] {
        var readings: [String] = []
        var text = path
        for _ in 0..<3 {
            let cut = text.split(separator: "\0", omittingEmptySubsequences: false)[0]
            for candidate in [text, String(cut)] {
                let stripped = candidate.replacing(/;[^\/]*/, with: "")
                for form in [candidate, stripped, candidate.replacing("\\", with: "/")] {
                    readings.append(form)
                    readings.append(normalized(form))
                    readings.append(normalized(form.replacing(/;[^\/]*/, with: "")))
                }
            }
            guard let decoded = text.removingPercentEncoding, decoded != text else { break }
            text = decoded
        }
        return readings
    }

    private func normalized(_ path: String) -> String {
        var stack: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = stack.popLast() } else { stack.append(segment) }
        }
        return "/" + stack.joined(separator: "/") + (path.hasSuffix("/") ? "/" : "")
    }
}
