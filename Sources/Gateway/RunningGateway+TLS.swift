import Foundation
import Logging
package import OpenSSL

/// Certificates: those that are shown, and those that are believed.
extension RunningGateway {
    /// Believes the system's authorities and those of `outbound.ca_file`.
    package static func clientContext(
        _ configuration: Configuration
    ) throws(FileProblem) -> TLSContext {
        var texts: [String] = []
        let file = configuration.outbound.caFile
        if let file {
            texts.append(try pemText(of: file, "name a PEM file in outbound.ca_file"))
        }
        do {
            return try TLSContext.client(trust: .system(addingPEM: texts), alpn: ["http/1.1"])
        } catch {
            throw FileProblem(
                file ?? "the system's trust store", "cannot be used: \(error)",
                "it holds PEM certificates of authorities")
        }
    }

    /// The digest of what is in `outbound.ca_file` now; nil where none is named, or it cannot be read.
    static func authorities(of configuration: Configuration) -> [UInt8]? {
        guard let file = configuration.outbound.caFile,
            let bytes = try? PrivateFile.readPlain(file, limit: pemLimit)
        else { return nil }
        return Hash.sha256.digest(bytes)
    }

    /// What a file with PEM in it says, in whatever encoding what is beside the PEM is.
    ///
    /// Refused: a file that cannot be read, or is far longer than any chain; with the remedy.
    private static func pemText(
        of file: String, _ remedy: String
    ) throws(FileProblem) -> String {
        do throws(FileProblem) {
            return String(
                decoding: try PrivateFile.readPlain(file, limit: pemLimit), as: UTF8.self)
        } catch {
            throw FileProblem(file, error.what, error.remedy.isEmpty ? remedy : error.remedy)
        }
    }

    /// Bytes: twenty times as many as all authorities of a system take.
    private static let pemLimit = 4 << 20

    /// The listener's own certificate first, then all others, by the names that clients ask for.
    ///
    /// Refused: a name that no table has, which would be a listener without TLS.
    static func context(
        _ name: String, _ configuration: Configuration, _ certificates: ServedCertificates,
        succeeding former: TLSContext? = nil
    ) throws -> TLSContext {
        guard let own = configuration.tls[name], let shown = certificates.identities[name] else {
            throw StartFailure("there is no [tls.\"\(name)\"] for the listener that names it")
        }
        let others = certificates.identities.sorted { $0.key < $1.key }.filter { $0.key != name }
        return try TLSContext.server(
            identities: [shown] + others.map(\.value), minimum: own.minimum,
            alpn: ["h2", "http/1.1", "http/1.0"],
            clientTrust: certificates.clientAuthorities[name].map { .only($0) },
            succeeding: former)
    }

    /// Those whose client certificates are believed.
    ///
    /// Refused: a file that cannot be read, and one without a certificate.
    package static func clientAuthorities(
        _ file: String
    ) throws(FileProblem) -> [Certificate] {
        let text = try pemText(
            of: file, "name the authorities of clients, PEM, in client_ca of the [tls] table")
        do { return try Certificate.chain(pem: text) } catch {
            throw FileProblem(
                file, "holds no certificates: \(error)",
                "PEM certificates of the authorities that certify clients, and nothing else")
        }
    }

    /// A certificate chain and its key.
    ///
    /// Refused: a key that others may read, one that is not the first certificate's.
    package static func identity(
        _ settings: Configuration.TLSSettings
    ) throws(FileProblem) -> TLSIdentity {
        let text = try pemText(
            of: settings.certificate, "name the chain, PEM, in cert of its [tls] table")
        let chain: [Certificate]
        do { chain = try Certificate.chain(pem: text) } catch {
            throw FileProblem(
                settings.certificate, "holds no certificate chain: \(error)",
                "PEM, the site's own certificate first")
        }
        let pem: String
        do throws(FileProblem) {
            pem = String(
                decoding: try PrivateFile.read(settings.key, links: .followed), as: UTF8.self)
        } catch {
            // What others may read may have the right mode for what it is.
            guard let text = try? pemText(of: settings.key, ""),
                text.contains("BEGIN CERTIFICATE"), !text.contains("PRIVATE KEY")
            else { throw error }
            throw FileProblem(
                settings.key, "holds a certificate, and no key",
                "name the key of \(settings.certificate) in key of its [tls] table")
        }
        let key: PrivateKey
        do { key = try PrivateKey(pem: pem) } catch {
            throw FileProblem(
                settings.key, "holds no key that can be used: \(error)",
                "PEM, without a passphrase")
        }
        // Without the authority's word the certificate is shown all the same; `check` tells why.
        let word = try? staple(settings, for: chain)
        do { return try TLSIdentity(chain: chain, key: key, staple: word) } catch {
            throw FileProblem(
                settings.key, "is not the key of \(settings.certificate)",
                "the first certificate there has to be that of this key")
        }
    }

    /// What the authority says of a certificate; nil when no file is named.
    ///
    /// Refused: what cannot be read, and a response that does not say that this certificate is good.
    package static func staple(
        _ settings: Configuration.TLSSettings, for chain: [Certificate]
    ) throws(FileProblem) -> OCSPStaple? {
        guard let file = settings.staple else { return nil }
        let bytes: [UInt8]
        do throws(FileProblem) {
            bytes = try PrivateFile.readPlain(file, limit: 64 << 10)
        } catch {
            throw FileProblem(
                file, error.what, "keep an OCSP response there: openssl ocsp … -respout \(file)")
        }
        do { return try OCSPStaple(der: bytes, for: chain) } catch {
            throw FileProblem(
                file, "is not stapled: \(error.reason)",
                "it holds an OCSP response (DER) for the first certificate of "
                    + "\(settings.certificate), whose issuer stands below it")
        }
    }

    /// Says which certificates are not valid now, or not for long. The gateway serves with them all
    /// the same: those who believe it anyway are not to be cut off.
    ///
    /// - Parameter egress: the authority of the way out, where there is one.
    static func warnOfCertificates(
        _ configuration: Configuration, _ certificates: ServedCertificates, egress: EgressCA?,
        _ log: GatewayLog, now: Int
    ) {
        for (name, settings) in configuration.tls.sorted(by: { $0.key < $1.key }) {
            guard let chain = certificates.identities[name]?.chain, let leaf = chain.first else {
                continue
            }
            do throws(FileProblem) {
                if let staple = try staple(settings, for: chain), !staple.isCurrent(now: now) {
                    throw FileProblem(
                        settings.staple ?? "", "counts no more, so it is not stapled",
                        "fetch a new one")
                }
            } catch {
                log.write(
                    .warning, .stapleUnusable,
                    [
                        LogEntry(.file, error.path), LogEntry(.problem, error.what),
                        LogEntry(.remedy, error.remedy),
                    ])
            }
            warn(of: leaf, in: settings.certificate, host: name, remedy: "renew it", log, now: now)
        }
        if let egress, let settings = configuration.egress {
            warn(
                of: egress.certificate, in: settings.certificate, host: nil,
                remedy: "make a new one, and let the backend trust it", log, now: now)
        }
    }

    private static func warn(
        of certificate: Certificate, in file: String, host: String?, remedy: String,
        _ log: GatewayLog, now: Int
    ) {
        let host = host.map { LogEntry(.host, $0) }
        if let begin = certificate.notBefore, begin > now {
            log.write(
                .error, .certificateExpires,
                [
                    LogEntry(.file, file), host,
                    LogEntry(.detail, "not valid before \(Self.date(begin))"),
                    LogEntry(.remedy, "see whether the clock is right"),
                ])
            return
        }
        guard let end = certificate.notAfter,
            !certificate.isCurrent(now: now + Self.expiryNotice(of: certificate))
        else { return }
        log.write(
            certificate.isCurrent(now: now) ? .warning : .error, .certificateExpires,
            [
                LogEntry(.file, file), host, LogEntry(.detail, "valid until \(Self.date(end))"),
                LogEntry(.remedy, remedy),
            ])
    }

    /// `2026-11-27T00:43:14Z`, of Unix seconds.
    static func date(_ seconds: Int) -> String {
        Date(timeIntervalSince1970: Double(seconds)).ISO8601Format()
    }

    /// Seconds before its end from which a certificate is told to expire: 14 days, or the last third of a
    /// shorter life, which is when those that live for days are renewed.
    package static func expiryNotice(of certificate: Certificate) -> Int {
        let notice = ListEnding.notice
        guard let begin = certificate.notBefore, let end = certificate.notAfter else {
            return notice
        }
        return min(notice, (end - begin) / 3)
    }
}
