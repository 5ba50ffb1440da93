import ArgumentParser
import Foundation
import OpenSSL

/// `ocmgate demo`: the main job on loopback, with everything that it needs made on the spot.
@main
struct OcmgateDemo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Two legacy servers behind gateways, and their peers, every step explained.",
        discussion: """
            Everything runs on loopback and in a temporary folder. Ends with 0 only if each step \
            was as expected, and with 1 otherwise.
            """)

    @Flag(help: "Print one JSON document instead of the story.")
    var json = false

    @Flag(help: "Leave it running, and say what to try by hand; Ctrl-C ends it.")
    var keep = false

    @Option(help: "Which old server is played: nextcloud | owncloud10.")
    var backend: LegacyKind = .nextcloud

    @Option(
        help: ArgumentHelp("The gateway binary; default: the one beside this.", valueName: "file"))
    var gateway: String?

    func run() async throws {
        Cryptography.outlivesExit()
        let interruption = Interruption()
        let work = Task { try await tell() }
        interruption.ends(work)
        try await work.value
        withExtendedLifetime(interruption) {}
    }

    /// Tells the story, and takes down what it needed; cancelled between two steps it does so at once.
    private func tell() async throws {
        let world = try await World(binary: gateway ?? Self.besideThis, kind: backend)
        var story = Story(world, audience: json ? .programs : .people)
        let allWell: Bool
        do {
            allWell = try await story.run()
        } catch {
            await world.stop()
            guard error is CancellationError else { throw error }
            world.files.remove()
            throw ExitCode(1)
        }
        if keep {
            Farewell.explain(world)
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        }
        await world.stop()
        if allWell { world.files.remove() }
        if !allWell {
            FileHandle.standardError.write(
                Data("The gateway's log is in \(world.files.log)\n".utf8))
            throw ExitCode(1)
        }
    }

    /// What `ocmgate demo` says, else the binary in this one's folder.
    private static var besideThis: String {
        if let named = ProcessInfo.processInfo.environment["OCMGATE"] { return named }
        return URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("ocmgate").path
    }
}

extension LegacyKind: ExpressibleByArgument {}
