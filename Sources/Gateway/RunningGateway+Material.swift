import Foundation
import Logging
import OpenSSL

extension RunningGateway {
    /// What the files of a configuration hold that are read once: keys, and the authorities that are believed.
    ///
    /// Read before the one that runs is asked for its place, and kept: when it has to go on, the files may be
    /// what the other one has failed at.
    struct Material: Sendable {
        let seal: SealKey
        var ring: KeyRing
        /// nil without a journal.
        let journal: JournalKey?
        /// The authority of the way out; nil without `[egress]`.
        let egress: EgressCA?
        /// Believes the system's authorities and those of `outbound.ca_file`.
        let client: TLSContext
        /// The digest of `outbound.ca_file` as it was read; nil where none is named, or it cannot be read.
        let authorities: [UInt8]?

        /// Reads all of it, and makes what a first start makes. Throws `StartFailure`.
        init(_ configuration: Configuration, now: Int) throws(StartFailure) {
            let state = configuration.state.file
            do throws(FileProblem) {
                // Before what is made in it, each of which would name itself.
                let folder = (state as NSString).deletingLastPathComponent
                if !folder.isEmpty { try PrivateFile.expectWritable(folder) }
                authorities = RunningGateway.authorities(of: configuration)
                client = try clientContext(configuration)
                seal = try SealKey.load(
                    configuration.state.sealKey, of: state, whenMissing: .make,
                    environment: ProcessInfo.processInfo.environment)
                ring = try KeyRing.start(
                    folder: configuration.signature.keys, state: state, now: now)
                journal =
                    configuration.journal == nil
                    ? nil
                    : try JournalKey.load(
                        folder: configuration.signature.keys, whenMissing: .make)
                // Where the authority may be meant to lie, too.
                if !folder.isEmpty { try PrivateFile.folderToWrite(folder) }
                if let settings = configuration.egress {
                    egress = try EgressCA.load(settings, whenMissing: .make, now: now)
                } else {
                    egress = nil
                }
            } catch { throw StartFailure(error.description) }
        }

        /// The signing keys once more, which commands change until the state is let go. What cannot be used
        /// changes nothing, as in `Gateway.reloadKeys`.
        func newestRing(_ configuration: Configuration, _ log: GatewayLog, now: Int) -> KeyRing {
            let folder = configuration.signature.keys
            do throws(FileProblem) {
                return try KeyRing.start(folder: folder, state: configuration.state.file, now: now)
            } catch {
                log.write(
                    .error, .keysRefused,
                    [LogEntry(.file, folder), LogEntry(.problem, error.description)])
                return ring
            }
        }
    }
}
