import Testing

@testable import HTTPSignatures

@Suite struct CivilDateTests {
    @Test(arguments: [
        ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2100-03-01", 47_541),
        ("2026-11-27", 20_784), ("9999-12-31", 2_932_896), ("0000-03-01", -719_468),
    ])
    func aDateAndItsNumberAreTheSame(_ text: String, _ number: Int) {
        #expect(CivilDate(text)?.number == number)
        #expect(CivilDate(number: number).description == text)
    }

    @Test func everyDayOfFourHundredYearsComesBack() {
        for number in 0..<146_097 {
            let date = CivilDate(number: number)
            #expect(date.number == number)
            #expect(CivilDate(year: date.year, month: date.month, day: date.day) == date)
        }
    }

    @Test(arguments: [
        "", "2026-11-2", "2026-11-271", "2026/11-27", "2026-11/27", "2026-13-01", "2026-00-01",
        "2026-02-29",
        "2100-02-29", "2026-04-31", "2026-01-00", "2026-01-32", "+026-01-01", "２026-01-1",
    ])
    func whatNoCalendarHasIsNoDate(_ text: String) {
        #expect(CivilDate(text) == nil)
    }
}
