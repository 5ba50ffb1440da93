import Federation
import HTTPSignatures
import OpenSSL
import Transport

/// Sends one request to a peer, once, and takes its whole answer.
typealias PeerSender = @Sendable (OutboundRequest) async -> Result<PeerReply, FetchFailure>

/// What a peer said to a message.
struct PeerReply: Sendable, Equatable {
    let status: Int
    let body: [UInt8]
    /// What it gave for the time, in Unix seconds.
    var date: Int? = nil
    /// Seconds after which it may be asked again, where it says so.
    var retryAfter: Int? = nil

    /// What a refusal says beside its status, for the detail of ours: the code and the decision of a gateway
    /// like this one, and that its clock and ours are more than `skew` seconds apart, so that what either signs
    /// is refused.
    ///
    /// Left out is whatever else it says: details are kept, and its words may name anybody.
    func remark(now: Int, skew: Int) -> String {
        guard status >= 400 else { return "" }
        var words: [String] = []
        if let object = try? JSONValue(parsing: body).object {
            // The token endpoint has its own errors, and the code beside them.
            let said = ["error_description", "error"].compactMap { object[$0]?.string }
            if let code = said.compactMap({ DenialCode(rawValue: $0) }).first {
                words.append(code.rawValue)
            }
            if let id = object["decision"]?.string, let time = DecisionID.time(of: id),
                abs(time - now) <= Self.day
            {
                words.append("its decision \(id)")
            }
        }
        if let date, abs(date - now) > skew {
            words.append(
                "its clock is \(abs(date - now)) s \(date > now ? "ahead of" : "behind") ours")
        }
        return words.isEmpty ? "" : ": " + words.joined(separator: ", ")
    }

    /// The seconds of `Retry-After` (RFC 9110, section 10.2.3), 999,999,999 at most. A time is taken by the peer's
    /// own clock; nil without that, for one that is over, and for what cannot be read.
    static func seconds(ofRetryAfter field: ArraySlice<UInt8>, date: Int?) -> Int? {
        if let time = HTTPDate.seconds(Array(field)) {
            return date.map { time - $0 }.flatMap { $0 > 0 ? $0 : nil }
        }
        guard !field.isEmpty, field.allSatisfy(\.isDigit) else { return nil }
        return field.count > 9 ? 999_999_999 : CivilDate.digits(field)
    }

    private static let day = 86_400
}

extension OutboundClient {
    /// The sender of a gateway that runs; every address is judged before it is dialled.
    func sender() -> PeerSender {
        { request in
            do throws(FetchFailure) {
                let response = try await self.fetch(request)
                let fields = response.fields
                let date = fields.first(.date).flatMap { HTTPDate.seconds(Array($0)) }
                return .success(
                    PeerReply(
                        status: response.status, body: response.body, date: date,
                        retryAfter: fields.first(.retryAfter).flatMap {
                            PeerReply.seconds(ofRetryAfter: $0, date: date)
                        }))
            } catch { return .failure(error) }
        }
    }
}
