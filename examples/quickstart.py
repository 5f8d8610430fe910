"""Ask the guideline about one patient from Python, and answer its questions one by one."""

from lrp_kg import GuidelineService, InvalidRecord

service = GuidelineService()

answer = service.assess({"assessmentDate": "2024-01-18", "careLine": "first-line"}, lang="en", only=["exit", "stage"])
print(answer["decisions"]["stage"]["status"], answer["missing"])

record = {"assessmentDate": "2024-01-18", "onsetDate": "2024-01-08", "careLine": "first-line", "recurrentPain": False}
replies = {"redFlags": "none", "radicularPain": False}
while (question := service.assess(record, only=["exit", "stage", "management"])["nextQuestion"]) is not None:
    print(question["question"])
    record[question["field"]] = replies[question["field"]]

answer = service.assess(record, only=["management"], explain=True)
print(answer["decisions"]["management"]["answers"])
for reason in answer["decisions"]["management"]["because"]:
    print("  because", answer["conditions"][reason["condition"]]["label"], "is", reason["verdict"])

try:
    service.assess({"redFlags": "some", "onsetDate": "2024-02-30"})
except InvalidRecord as error:
    for finding in error.findings:
        print(finding.field, finding.text("en"))
